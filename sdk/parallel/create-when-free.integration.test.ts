import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
import { openNamespace } from '../../test/integration/open-namespace.ts';
import { refusalOf } from '../../test/integration/refusal.ts';
import { createWhenFree } from './create-when-free.ts';
import { SlotWaiters } from './slot-waiters.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let posts = 0;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig(), {
    onResponse: ({ method, resource }) => {
      if (method === 'POST' && resource === 'kubernetesexecutions') posts += 1;
    },
  });
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

describe('createWhenFree', () => {
  it.each(['restart', 'w'.repeat(80)])(
    'wakes when a slot of %s is free, and not before',
    async (workflow) => {
      const namespace = await openNamespace(client, `wakes-${workflow.length}`);
      await namespace.workflow(workflow);
      const [first = ''] = await namespace.fill(workflow);
      const before = posts;
      const sixth = createWhenFree(
        client,
        makeExecution('sixth').inNamespace(namespace.name).of(workflow).build(),
      );
      await eventually('it was refused', async () => posts > before);
      await namespace.settle(first);
      expect((await sixth).metadata.name).toBe('sixth');
      expect(await namespace.active()).toHaveLength(5);
    },
  );

  it('lets twenty who share a line through as slots become free, with few requests', async () => {
    const namespace = await openNamespace(client, 'twenty');
    const workflow = await namespace.workflow();
    const waiters = new SlotWaiters({ client });
    const before = posts;
    const all = Array.from({ length: 20 }, (_, index) =>
      createWhenFree(
        client,
        makeExecution(`step-${index}`).inNamespace(namespace.name).of(workflow).build(),
        { waiters },
      ),
    );
    let settled = 0;
    await eventually('all have had their turn', async () => {
      for (const name of await namespace.active()) {
        await namespace.settle(name);
        settled += 1;
      }
      return settled === 20;
    });
    expect(new Set((await Promise.all(all)).map(({ metadata }) => metadata.name)).size).toBe(20);
    expect(posts - before).toBeLessThan(120);
  });

  it('passes other refusals on', async () => {
    const namespace = await openNamespace(client, 'refused');
    await namespace.workflows.create(makeWorkflow('big').steps(12).build());
    const gated = makeExecution('big-step-1').inNamespace(namespace.name).of('big').build();
    const refused = await refusalOf(createWhenFree(client, gated));
    expect(refused).toMatchObject({ code: 403, details: { causes: [{ reason: 'ApprovalRequired' }] } });
  });

  it('leaves with the signal, and its place to the next one', async () => {
    const namespace = await openNamespace(client, 'aborted');
    const workflow = await namespace.workflow();
    const [first = ''] = await namespace.fill(workflow);
    const waiters = new SlotWaiters({ client });
    const stop = new AbortController();
    const make = (name: string) => makeExecution(name).inNamespace(namespace.name).of(workflow).build();
    const impatient = createWhenFree(client, make('impatient'), { waiters, signal: stop.signal });
    impatient.catch(() => {});
    await eventually('it waits', async () => waiters.isWaitedFor(namespace.name, workflow));
    const patient = createWhenFree(client, make('patient'), { waiters });
    stop.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    await namespace.settle(first);
    expect((await patient).metadata.name).toBe('patient');
  });
});
