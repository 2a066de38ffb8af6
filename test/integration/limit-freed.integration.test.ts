import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settledExecutionPhases } from '../../src/api/phase.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { openNamespace } from './open-namespace.ts';
import { outcomesOf, refusalOf } from './refusal.ts';

/** When a slot is free again, and when it is not: BR-WF-166 and BR-WF-168 over the life of an execution. */
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

describe('BR-WF-166: a slot is free again', () => {
  it.each(settledExecutionPhases)('as soon as its execution is %s', async (phase) => {
    const namespace = await openNamespace(client, `phase-${phase.replace('_', '-')}`);
    const workflow = await namespace.workflow();
    const [first = ''] = await namespace.fill(workflow);
    expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });
    await namespace.settle(first, phase);
    await namespace.executeWhenFree(workflow, 'sixth');
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
  });

  it('as soon as its execution is deleted', async () => {
    const namespace = await openNamespace(client, 'deleted');
    const workflow = await namespace.workflow();
    const [first = ''] = await namespace.fill(workflow);
    await namespace.executions.delete(first);
    await namespace.executeWhenFree(workflow, 'sixth');
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
  });

  it('for all when all are deleted at once', async () => {
    const namespace = await openNamespace(client, 'all-deleted');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow);
    await namespace.executions.deleteCollection();
    for (let step = 6; step <= 10; step += 1) await namespace.executeWhenFree(workflow, `step-${step}`);
    expect(await refusalOf(namespace.execute(workflow, 'step-11'))).toMatchObject({ code: 429 });
  });

  it('also for the name that held it', async () => {
    const namespace = await openNamespace(client, 'same-name');
    const workflow = await namespace.workflow();
    const [first = ''] = await namespace.fill(workflow);
    for (let round = 0; round < 5; round += 1) {
      await namespace.executions.delete(first);
      await namespace.executeWhenFree(workflow, first);
    }
    expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });
  });
});

describe('BR-WF-168: a slot is held', () => {
  it('by an execution that is being deleted, until it is gone', async () => {
    const namespace = await openNamespace(client, 'finalizer');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 4);
    const held = makeExecution('held').of(workflow).finalizer('example.com/clean-up').build();
    await namespace.executions.create(held);
    await namespace.executions.delete('held');
    await namespace.executions.mergePatch('held', { metadata: { annotations: { seen: 'deleting' } } });
    expect(await namespace.active(workflow)).toContain('held');
    expect(await refusalOf(namespace.execute(workflow, 'sixth'))).toMatchObject({ code: 429 });

    await namespace.executions.mergePatch('held', { metadata: { finalizers: null } });
    await namespace.executeWhenFree(workflow, 'sixth');
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
  });

  it('no longer by one that settles while it is being deleted', async () => {
    const namespace = await openNamespace(client, 'settled-while-deleting');
    const workflow = await namespace.workflow();
    await namespace.fill(workflow, 4);
    const held = makeExecution('held').of(workflow).finalizer('example.com/clean-up').build();
    await namespace.executions.create(held);
    await namespace.executions.delete('held');
    await namespace.settle('held');
    await namespace.executeWhenFree(workflow, 'sixth');
    expect(await refusalOf(namespace.execute(workflow, 'seventh'))).toMatchObject({ code: 429 });
  });
});

describe('BR-WF-166: over a life of many executions', () => {
  it('each slot is given again and again, and never to two', async () => {
    const namespace = await openNamespace(client, 'many-lives');
    const workflow = await namespace.workflow();
    const holders = await namespace.fill(workflow);
    for (let round = 0; round < 10; round += 1) {
      const [first = ''] = holders.splice(0, 1);
      await namespace.settle(first);
      const names = ['a', 'b', 'c'].map((each) => `round-${round}-${each}`);
      const { granted } = await outcomesOf(names.map((name) => namespace.execute(workflow, name)));
      expect(granted.length).toBeLessThanOrEqual(1);
      // The watch may not have shown the settling yet.
      const next = granted[0] ?? (await namespace.executeWhenFree(workflow, `round-${round}-last`));
      holders.push(next.metadata.name ?? '');
      expect(await namespace.active(workflow)).toEqual(holders.toSorted());
    }
  });
});
