import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { workflowExecutionKind } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
import { kindClient } from '../../test/cluster/kind-client.ts';
import { openNamespace } from '../../test/integration/open-namespace.ts';
import { runController, type RunningController } from '../../test/integration/running-controller.ts';
import { workflowRun } from '../../test/integration/workflow-run.ts';
import { workflowController } from './workflow-controller.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let controller: RunningController;

beforeAll(async () => {
  cluster = await startInstalledCluster();
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

beforeEach(async () => {
  controller = await runController(cluster.controlPlane, workflowController());
});

afterEach(async () => {
  await controller?.kill();
});

const numbersOf = (executions: readonly { readonly spec: { readonly stepNumber: number } }[]) =>
  executions.map(({ spec }) => spec.stepNumber).sort((left, right) => left - right);

describe('a workflow that is changed while it runs', () => {
  it('is paused and goes on', async () => {
    const namespace = await openNamespace(client, 'paused');
    await namespace.workflows.create(makeWorkflow('w').steps(7).build());
    const run = workflowRun(namespace, 'w');
    await run.until('it runs', ({ activeSteps }) => activeSteps === 5);
    await namespace.workflows.mergePatch('w', { spec: { paused: true } });
    await run.until('it is paused', ({ phase }) => phase === 'paused');
    for (const { metadata } of await run.executions()) await namespace.settle(metadata.name ?? '');
    const status = await run.until('what was active has settled', ({ activeSteps }) => activeSteps === 0);
    expect(status).toMatchObject({ phase: 'paused', queuedSteps: 2 });
    expect(status.conditions?.find(({ type }) => type === 'Queued')?.reason).toBe('Paused');
    await namespace.workflows.mergePatch('w', { spec: { paused: false } });
    await run.settleAll();
    expect(numbersOf(await run.executions())).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('is run as it is now: what is done stays done, what is removed is awaited', async () => {
    const namespace = await openNamespace(client, 'edited');
    await namespace.workflows.create(
      makeWorkflow('w')
        .chain(2)
        .step({ dependencies: ['2'] })
        .build(),
    );
    const run = workflowRun(namespace, 'w');
    await run.until('step 1 is active', ({ activeSteps }) => activeSteps === 1);
    await namespace.settle('w-step-1');
    await run.until('step 2 is active', ({ stepStatuses }) => stepStatuses?.[1]?.phase === 'active');
    await namespace.executions.delete('w-step-1');
    const edited = makeWorkflow('w')
      .step({ stepNumber: 1, action: 'other' })
      .step({ stepNumber: 4, dependencies: ['1'] })
      .step({ stepNumber: 5, dependencies: ['4'] });
    await namespace.workflows.mergePatch('w', { spec: edited.build().spec });
    await run.until('step 4 is active too', ({ activeSteps }) => activeSteps === 2);
    await namespace.settle('w-step-4');
    await run.until('step 5 is active', ({ stepStatuses }) => stepStatuses?.[2]?.phase === 'active');
    await namespace.settle('w-step-5');
    await run.until('step 2 is left', ({ activeSteps }) => activeSteps === 1);
    expect((await run.status()).phase).toBe('executing');
    await namespace.settle('w-step-2');
    const status = await run.until('it is over', ({ phase }) => phase === 'completed');
    expect(status.observedGeneration).toBe(2);
    expect(numbersOf(await run.executions())).toEqual([2, 4, 5]);
  });

  it('takes its executions with it when it is deleted, and starts nothing meanwhile', async () => {
    const namespace = await openNamespace(client, 'deleted');
    await namespace.workflows.create(makeWorkflow('w').steps(10).build());
    const run = workflowRun(namespace, 'w');
    await run.until('it runs', ({ activeSteps }) => activeSteps === 5);
    const uids = new Set((await run.executions()).map(({ metadata }) => metadata.uid));
    await client.request({
      method: 'DELETE',
      path: `/apis/workflowexecution.kubernaut.io/v1alpha1/namespaces/${namespace.name}/workflowexecutions/w`,
      body: { propagationPolicy: 'Foreground' },
    });
    const created: (string | undefined)[] = [];
    const isAllGone = async () => {
      const left = (await run.executions()).map(({ metadata }) => metadata.uid);
      created.push(...left.filter((uid) => !uids.has(uid)));
      return left.length === 0;
    };
    // The garbage collector looks for new kinds every 30 s.
    await eventually('all is gone', isAllGone, 90_000);
    expect(created).toEqual([]);
  }, 120_000);

  it('may be replaced by another of its name: nothing of the earlier one counts for it, but its slots', async () => {
    const namespace = await openNamespace(client, 'replaced');
    await namespace.workflows.create(makeWorkflow('w').steps(3).build());
    const run = workflowRun(namespace, 'w');
    await run.until('it runs', ({ activeSteps }) => activeSteps === 3);
    const first = (await run.executions()).map(({ metadata }) => metadata.uid);
    await namespace.settle('w-step-1');
    await namespace.workflows.delete('w');
    await namespace.workflows.create(makeWorkflow('w').steps(3).build());
    await eventually('the executions are those of the new one', async () => {
      const executions = await run.executions();
      return executions.length === 3 && executions.every(({ metadata }) => !first.includes(metadata.uid));
    });
    await run.settleAll();
    const { uid } = (await namespace.workflows.get<WorkflowExecution>('w')).metadata;
    for (const { metadata } of await run.executions()) expect(metadata.ownerReferences?.[0]?.uid).toBe(uid);
    expect((await run.status()).message).toBe('3 of 3 steps completed');
  });

  it('fails the step whose execution is deleted before it has settled', async () => {
    const namespace = await openNamespace(client, 'execution-deleted');
    await namespace.workflows.create(makeWorkflow('w').steps(2).build());
    const run = workflowRun(namespace, 'w');
    await run.until('both are active', ({ activeSteps }) => activeSteps === 2);
    await namespace.executions.delete('w-step-1');
    await run.until('step 1 has failed', ({ stepStatuses }) => stepStatuses?.[0]?.phase === 'failed');
    await namespace.settle('w-step-2');
    const status = await run.until('it is over', ({ phase }) => phase === 'completed');
    expect(status.message).toBe('1 of 2 steps completed; failed: 1');
  });

  it('survives whatever somebody writes into its status', async () => {
    const namespace = await openNamespace(client, 'odd-status');
    await namespace.workflows.create(makeWorkflow('w').steps(2).build());
    const run = workflowRun(namespace, 'w');
    await run.until('both are active', ({ activeSteps }) => activeSteps === 2);
    const ofController = createKubeClient(cluster.controlPlane.kubeConfig('controller'));
    const workflows = kindClient(ofController, workflowExecutionKind, namespace.name);
    await workflows.jsonPatch('w', [{ op: 'remove', path: '/status' }], 'status');
    ofController.close();
    await run.until('it is written again', ({ activeSteps }) => activeSteps === 2);
    await namespace.workflows.mergePatch('w', { status: { note: 'mine', activeSteps: 77 } }, 'status');
    const status = await run.until('it is right again', ({ activeSteps }) => activeSteps === 2);
    expect(status['note']).toBe('mine');
    await run.settleAll();
    expect(numbersOf(await run.executions())).toEqual([1, 2]);
  });
});

describe('a workflow whose executions others create too', () => {
  it('counts them all, and shares the slots with them', async () => {
    const namespace = await openNamespace(client, 'shared');
    await namespace.workflows.create(makeWorkflow('w').withSpec({ paused: true }).steps(5).build());
    const run = workflowRun(namespace, 'w');
    for (const name of ['theirs-1', 'theirs-2', 'theirs-3'])
      await namespace.executions.create(makeExecution(name).referringTo('w').step(100).build());
    await run.until('theirs are counted', ({ activeSteps }) => activeSteps === 3);
    await namespace.workflows.mergePatch('w', { spec: { paused: false } });
    await run.until(
      'both fill the slots',
      ({ activeSteps, queuedSteps }) => activeSteps === 5 && queuedSteps === 3,
    );
    await namespace.settle('theirs-1');
    await namespace.executions.delete('theirs-2');
    await run.until(
      'there is room',
      ({ activeSteps, queuedSteps }) => activeSteps === 5 && queuedSteps === 1,
    );
    await run.settleAll();
    expect(await run.status()).toMatchObject({ message: '5 of 5 steps completed', activeSteps: 0 });
  });

  it('takes an execution that has the name of a step for the step', async () => {
    const namespace = await openNamespace(client, 'adopted');
    await namespace.workflows.create(makeWorkflow('w').withSpec({ paused: true }).steps(2).build());
    await namespace.executions.create(makeExecution('w-step-1').of('w').step(1).build());
    await namespace.executions.create(makeExecution('w-step-2').of('w').step(9).build());
    await namespace.settle('w-step-1');
    await namespace.settle('w-step-2');
    await namespace.workflows.mergePatch('w', { spec: { paused: false } });
    const status = await workflowRun(namespace, 'w').until(
      'it is over',
      ({ phase }) => phase === 'completed',
    );
    expect(status.stepStatuses?.map(({ phase }) => phase)).toEqual(['completed', 'failed']);
    expect(status.stepStatuses?.[1]?.message).toBe('Execution w-step-2 exists and does step 9, not step 2');
  });

  it('runs each step once under two controllers that do not know of each other', async () => {
    const second = await runController(cluster.controlPlane, workflowController());
    try {
      const namespace = await openNamespace(client, 'two-controllers');
      await namespace.workflows.create(makeWorkflow('w').steps(10).build());
      const run = workflowRun(namespace, 'w');
      await run.settleAll();
      expect(numbersOf(await run.executions())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect((await run.status()).message).toBe('10 of 10 steps completed');
    } finally {
      await second.kill();
    }
  });
});
