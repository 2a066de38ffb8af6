import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
import { openNamespace } from '../../test/integration/open-namespace.ts';
import { workflowRun } from '../../test/integration/workflow-run.ts';
import { createManager } from '../manager/manager.ts';
import type { Manager } from '../manager/manager-options.ts';
import { workflowController } from './workflow-controller.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let manager: Manager;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  manager = createManager({
    // Nobody else may report what became of steps.
    kubeConfig: cluster.controlPlane.kubeConfig('controller'),
    controllers: [workflowController()],
    logger: keepLogs().logger,
  });
  await manager.start();
  await manager.elected();
});

afterAll(async () => {
  await manager?.stop();
  client?.close();
  await cluster?.stop();
});

const parallel = (name: string, count: number) =>
  makeWorkflow(name).steps(count, { dependencies: [] }).build();

/** The plan's integration cases, by its words, each within five seconds, in a manager with its defaults. */
describe('BR-WF-166, BR-WF-167, BR-WF-168: Parallel Execution Limits Integration', () => {
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
