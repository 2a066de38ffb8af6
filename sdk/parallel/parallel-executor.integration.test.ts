import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
import { type OpenNamespace, openNamespace } from '../../test/integration/open-namespace.ts';
import { refusalOf } from '../../test/integration/refusal.ts';
import { ParallelExecutor } from './parallel-executor.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let executor: ParallelExecutor;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  executor = new ParallelExecutor(5, client);
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

const stored = (namespace: OpenNamespace, name = 'test-workflow'): Promise<WorkflowExecution> =>
  namespace.workflows.create<WorkflowExecution>(makeWorkflow(name).steps(10).build());

const stepsFrom = (first: number, count: number, action = 'scale_deployment') =>
  Array.from({ length: count }, (_, index) => ({ stepNumber: first + index, action, parameters: {} }));

/** The plan's own cases, by its words, against the webhook: BR-WF-166. */
describe('BR-WF-168: Active Step Counting', () => {
  it('should count active KubernetesExecution CRDs accurately', async () => {
    const namespace = await openNamespace(client, 'count-active');
    const workflow = await stored(namespace);
    for (const name of ['step-0', 'step-1', 'step-2']) {
      await namespace.execute('test-workflow', name);
      await namespace.settle(name, 'executing');
    }
    expect(await executor.getActiveStepCount(workflow)).toBe(3);
  });

  it('should NOT count completed or failed steps as active', async () => {
    const namespace = await openNamespace(client, 'count-settled');
    const workflow = await stored(namespace);
    const phases = ['executing', 'executing', 'completed', 'completed', 'failed'] as const;
    for (const [index, phase] of phases.entries()) {
      await namespace.execute('test-workflow', `step-${index}`);
      await namespace.settle(`step-${index}`, phase);
    }
    expect(await executor.getActiveStepCount(workflow)).toBe(2);
  });

  it('counts what any client has made, however it names the workflow, and no other workflow', async () => {
    const namespace = await openNamespace(client, 'count-any');
    const workflow = await stored(namespace);
    await stored(namespace, 'other');
    await namespace.execute('other', 'of-the-other');
    await namespace.executions.create(makeExecution('by-label').of('test-workflow').build());
    await namespace.executions.create(makeExecution('by-reference').referringTo('test-workflow').build());
    await namespace.executions.create(
      makeExecution('by-owner').ownedBy('test-workflow', workflow.metadata.uid).build(),
    );
    expect(await executor.getActiveStepCount(workflow)).toBe(3);
  });
});

describe('BR-WF-166: Parallel Slot Calculation', () => {
  it('should calculate available slots correctly', () => {
    expect(executor.calculateAvailableSlots(3)).toBe(2);
  });

  it('should return 0 when limit reached', () => {
    expect(executor.calculateAvailableSlots(5)).toBe(0);
  });

  it('should return 0 when over limit (defensive)', () => {
    expect(executor.calculateAvailableSlots(7)).toBe(0);
  });

  it('follows a limit that changes', () => {
    let limit = 5;
    const following = new ParallelExecutor(() => limit, client);
    limit = 7;
    expect(following.calculateAvailableSlots(3)).toBe(4);
  });
});

describe('BR-WF-166: CRD Creation Throttling', () => {
  it('should create CRDs up to parallel limit', async () => {
    const namespace = await openNamespace(client, 'up-to-the-limit');
    const workflow = await stored(namespace);
    expect(await executor.createParallelSteps(workflow, stepsFrom(1, 10), 0)).toBe(5);
    expect(await namespace.active()).toHaveLength(5);
  });

  it('should respect active steps when creating new CRDs', async () => {
    const namespace = await openNamespace(client, 'beside-active');
    const workflow = await stored(namespace);
    for (let index = 0; index < 3; index += 1)
      await namespace.execute('test-workflow', `existing-step-${index}`);
    expect(await executor.createParallelSteps(workflow, stepsFrom(10, 5, 'restart_pods'), 3)).toBe(2);
  });

  it('BR-WF-167: ends without an error where others have taken the slots that it has counted', async () => {
    const namespace = await openNamespace(client, 'miscounted');
    const workflow = await stored(namespace);
    for (const name of ['a', 'b', 'c']) await namespace.execute('test-workflow', name);
    expect(await executor.createParallelSteps(workflow, stepsFrom(1, 5), 0)).toBe(2);
    expect(await namespace.active()).toHaveLength(5);
  });

  it('throws what is no matter of slots', async () => {
    const namespace = await openNamespace(client, 'thrown');
    const workflow = await stored(namespace);
    await executor.createParallelSteps(workflow, stepsFrom(1, 1), 0);
    const again = executor.createParallelSteps(workflow, stepsFrom(1, 2), 1);
    expect(await refusalOf(again)).toMatchObject({ code: 409, reason: 'AlreadyExists' });
  });
});
