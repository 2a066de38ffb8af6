import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { mostActive } from '../../test/integration/most-active.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
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

const parallel = (name: string, count: number) =>
  makeWorkflow(name).steps(count, { dependencies: [] }).build();

/** The plan's integration cases, by its words, each within five seconds. */
describe('BR-WF-166 to BR-WF-168: Parallel Execution Limits Integration', () => {
  it('should limit concurrent KubernetesExecution CRDs to 5', async () => {
    const namespace = await openNamespace(client, 'parallel-limit');
    await namespace.workflows.create(parallel('test-parallel-limit', 10));
    const run = workflowRun(namespace, 'test-parallel-limit');
    await run.until('five are active', ({ activeSteps }) => activeSteps === 5, 5_000);
    expect(await run.executions()).toHaveLength(5);
  });

  it('should create queued steps as active steps complete', async () => {
    const namespace = await openNamespace(client, 'queue-progression');
    await namespace.workflows.create(parallel('test-queue-progression', 10));
    const run = workflowRun(namespace, 'test-queue-progression');
    await eventually('five are there', async () => (await run.executions()).length === 5, 5_000);
    for (const { metadata } of (await run.executions()).slice(0, 2))
      await namespace.settle(metadata.name ?? '');
    await eventually('two more are there', async () => (await run.executions()).length === 7, 5_000);
    await run.until(
      'all is reported',
      ({ activeSteps, queuedSteps }) => activeSteps === 5 && queuedSteps === 3,
    );
    expect(await run.executions()).toHaveLength(7);
  });

  it('should accurately track active step count in status', async () => {
    const namespace = await openNamespace(client, 'active-tracking');
    await namespace.workflows.create(parallel('test-active-tracking', 8));
    const run = workflowRun(namespace, 'test-active-tracking');
    const status = await run.until('five are active', ({ activeSteps }) => activeSteps === 5, 5_000);
    expect(status.queuedSteps).toBe(3);
  });
});

describe('a workflow', () => {
  it('runs to completion, in the order of its dependencies, and says so', async () => {
    const namespace = await openNamespace(client, 'to-completion');
    await namespace.workflows.create(makeWorkflow('w').chain(3).steps(4).build());
    const run = workflowRun(namespace, 'w');
    await run.settleAll();
    const status = await run.status();
    expect(status).toMatchObject({
      phase: 'completed',
      activeSteps: 0,
      queuedSteps: 0,
      message: '7 of 7 steps completed',
      observedGeneration: 1,
    });
    expect(status.stepStatuses?.map(({ phase }) => phase)).toEqual(
      Array.from({ length: 7 }, () => 'completed'),
    );
    expect(status.startTime !== undefined && status.completionTime !== undefined).toBe(true);
    const times = status.stepStatuses
      ?.slice(0, 3)
      .map(({ startTime = '', completionTime = '' }) => [Date.parse(startTime), Date.parse(completionTime)]);
    for (const [index, [startTime = 0]] of (times ?? []).entries())
      expect(startTime).toBeGreaterThanOrEqual((times?.[index - 1]?.[1] ?? 0) - 1_000);
    expect(controller.events.map(({ reason }) => reason)).toEqual(['Started', 'Completed']);
    const writes = controller.requests.filter(
      ({ path, method }) => path.endsWith('/status') && method === 'PATCH',
    );
    expect(writes.length).toBeLessThanOrEqual(10);
    expect(controller.logs.messages('error')).toEqual([]);
  });
});
