import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution, makeGeneratedExecution } from '../builders/execution-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** A name is one slot, whoever asks for it and how often. */
let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

describe.concurrent('a create whose name exists', () => {
  it('is refused as the API server itself refuses it, so that clients know it', async () => {
    const namespace = await openNamespace(client, 'exists');
    const workflow = await namespace.workflow();
    const [name = ''] = await namespace.fill(workflow, 1);
    const refusal = await refusalOf(namespace.execute(workflow, name));
    // The webhook does not look at the names of workflows: this is what the API server says by itself.
    const itself = await refusalOf(namespace.workflow(workflow));
    expect([refusal.code, refusal.reason]).toEqual([itself.code, itself.reason]);
    expect(refusal.details).toMatchObject({
      name,
      group: 'kubernetesexecution.kubernaut.io',
      kind: 'kubernetesexecutions',
    });
    expect(Object.keys(itself.details ?? {}).sort()).toEqual(['group', 'kind', 'name']);
    expect(refusal.message).toContain(
      `kubernetesexecutions.kubernetesexecution.kubernaut.io "${name}" already exists`,
    );
  });

  it('takes no slot, however often it is tried', async () => {
    const namespace = await openNamespace(client, 'no-slot');
    const workflow = await namespace.workflow();
    const [name = ''] = await namespace.fill(workflow, 1);
    const again = Array.from({ length: 20 }, () => namespace.execute(workflow, name));
    expect((await outcomesOf(again)).refused.map(({ code }) => code)).toEqual(Array(20).fill(409));
    const others = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `other-${index}`));
    expect((await outcomesOf(others)).granted).toHaveLength(4);
  });

  it('is told so rather than that there is no slot', async () => {
    const namespace = await openNamespace(client, 'full');
    const workflow = await namespace.workflow();
    const [name = ''] = await namespace.fill(workflow);
    expect(await refusalOf(namespace.execute(workflow, name))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    await namespace.settle(name);
    expect(await refusalOf(namespace.execute(workflow, name))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
  });

  it('is told so even under another workflow', async () => {
    const namespace = await openNamespace(client, 'two-workflows');
    await namespace.workflow('one');
    await namespace.workflow('two');
    const creates = ['one', 'two', 'one', 'two'].map((workflow) => namespace.execute(workflow, 'step'));
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toHaveLength(1);
    expect(refused.map(({ code }) => code)).toEqual([409, 409, 409]);
    await namespace.fill('one', 4);
    await namespace.fill('two', 4);
  });

  it('is told so by kubectl in its own words', async () => {
    const namespace = await openNamespace(client, 'kubectl');
    const workflow = await namespace.workflow();
    const [name = ''] = await namespace.fill(workflow, 1);
    const args = ['create', '--namespace', 'kubectl', '-f', '-'];
    const input = JSON.stringify(makeExecution(name).of(workflow).build());
    const { stderr } = await cluster.controlPlane.kubectl(args, { input });
    expect(stderr).toMatch(/^Error from server \(AlreadyExists\): .*"restart-step-1" already exists\n$/);
  });
});

describe.concurrent('creates of one name at once', () => {
  it('make one object, take one slot, and leave four', async () => {
    const namespace = await openNamespace(client, 'at-once');
    const workflow = await namespace.workflow();
    const creates = Array.from({ length: 20 }, () => namespace.execute(workflow, 'step'));
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toHaveLength(1);
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['AlreadyExists']));
    const others = Array.from({ length: 10 }, (_, index) => namespace.execute(workflow, `other-${index}`));
    expect((await outcomesOf(others)).granted).toHaveLength(4);
  });

  it('may be made by server-side apply: all appliers succeed, with one object between them', async () => {
    const namespace = await openNamespace(client, 'apply');
    for (let round = 0; round < 5; round += 1) {
      const workflow = await namespace.workflow(`round-${round}`);
      await namespace.fill(workflow, 4);
      const object = makeExecution(`applied-${round}`).of(workflow).build();
      const applied = await Promise.all(
        Array.from({ length: 4 }, () => namespace.executions.apply<KubernetesExecution>(object)),
      );
      expect(new Set(applied.map(({ metadata }) => metadata.uid)).size).toBe(1);
      expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });
    }
  });
});

describe.concurrent('a name that the API server makes up', () => {
  it('is admitted with a slot like any other', async () => {
    const namespace = await openNamespace(client, 'generated');
    const workflow = await namespace.workflow();
    const creates = Array.from({ length: 20 }, () =>
      namespace.executions.create<KubernetesExecution>(makeGeneratedExecution('step-').of(workflow).build()),
    );
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toHaveLength(5);
    expect(refused.map((status) => causesOf(status)[0])).toEqual(Array(15).fill('ParallelLimitReached'));
    expect((await namespace.active()).every((name) => /^step-.{5}$/.test(name))).toBe(true);
  });
});
