import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { configure } from './configure.ts';
import { openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** What the state of a workflow means for its executions. */
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

describe('a workflow that is over', () => {
  it.each(['completed', 'failed'])('because it has %s gets no further executions', async (phase) => {
    const namespace = await openNamespace(client, phase);
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 2);
    await namespace.workflows.mergePatch(workflow, { status: { phase } }, 'status');
    await eventually('the webhook has seen it', async () => {
      const { granted, refused } = await outcomesOf([
        namespace.execute(workflow, `late-${performance.now()}`),
      ]);
      for (const { metadata } of granted) await namespace.executions.delete(metadata.name ?? '');
      return refused.some(({ details }) => details?.causes?.[0]?.reason === 'WorkflowIsOver');
    });
    const refusal = await refusalOf(namespace.execute(workflow, 'third'));
    expect(refusal).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(causesOf(refusal)).toEqual(['WorkflowIsOver']);
    expect(refusal.message).toContain('Workflow "restart" has settled: it gets no further executions.');
  });

  it('because it is being deleted gets none either, though its executions may end', async () => {
    const namespace = await openNamespace(client, 'deleting');
    const held = makeWorkflow('restart').steps(2).build();
    await namespace.workflows.create({
      ...held,
      metadata: { ...held.metadata, finalizers: ['example.com/clean-up'] },
    });
    const [first = ''] = await namespace.fill('restart', 1);
    await namespace.workflows.delete('restart');
    await eventually('the webhook has seen it', async () => {
      const { refused } = await outcomesOf([namespace.execute('restart', first)]);
      return refused.some((status) => causesOf(status)[0] === 'WorkflowIsOver');
    });
    expect((await refusalOf(namespace.execute('restart', 'second'))).message).toContain('is being deleted');
    await namespace.settle(first);
  });
});

describe('a workflow that does not exist', () => {
  it('has no executions: whoever invents names has no slots', async () => {
    const namespace = await openNamespace(client, 'invented');
    const creates = Array.from({ length: 20 }, (_, index) =>
      namespace.execute(`invented-${index}`, `e-${index}`),
    );
    const { granted, refused } = await outcomesOf(creates);
    expect(granted).toEqual([]);
    expect(new Set(refused.map((status) => [status.code, ...causesOf(status)].join()))).toEqual(
      new Set(['422,WorkflowMissing']),
    );
  });

  it('may have them as soon as it exists', async () => {
    const namespace = await openNamespace(client, 'at-once');
    for (let round = 0; round < 10; round += 1) {
      const workflow = `new-${round}`;
      expect(await refusalOf(namespace.execute(workflow, workflow))).toMatchObject({ code: 422 });
      await namespace.workflow(workflow);
      await namespace.execute(workflow, workflow);
    }
  });

  it('may have as many as any other where none is required to exist', async () => {
    const namespace = await openNamespace(client, 'not-required');
    await configure(cluster, { 'require-workflow': 'false' });
    const creates = Array.from({ length: 10 }, (_, index) => namespace.execute('nowhere', `e-${index}`));
    expect((await outcomesOf(creates)).granted).toHaveLength(5);
    await configure(cluster, {});
    expect(causesOf(await refusalOf(namespace.execute('nowhere', 'another')))).toEqual(['WorkflowMissing']);
  });
});
