import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
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
    const reasons = (): string[] => controller.events.map(({ reason }) => reason);
    await expect.poll(reasons, { timeout: 20_000 }).toEqual(['Started', 'Completed']);
    const writes = controller.requests.filter(
      ({ path, method }) => path.endsWith('/status') && method === 'PATCH',
    );
    // A busy machine has creates refused now and then, and their retries reported.
    expect(writes.length).toBeLessThanOrEqual(14);
  });

  it('rolls back after a critical step has failed, and has failed then', async () => {
    const namespace = await openNamespace(client, 'rolled-back');
    const rollbackSpec = { action: 'undo', parameters: { all: true } };
    await namespace.workflows.create(
      makeWorkflow('w')
        .step({ rollbackSpec })
        .step({ rollbackSpec, dependencies: ['1'] })
        .step({ criticalStep: true, dependencies: ['2'] })
        .step({ dependencies: ['3'] })
        .build(),
    );
    const run = workflowRun(namespace, 'w');
    await run.settleAll(({ metadata }) => (metadata.name === 'w-step-3' ? 'failed' : 'completed'));
    expect(await run.status()).toMatchObject({
      phase: 'failed',
      message: '0 of 4 steps completed; failed: 3; skipped: 4; rolled back: 1, 2',
      activeSteps: 0,
      queuedSteps: 0,
    });
    const undone = (await run.executions()).filter(({ metadata }) => metadata.name?.endsWith('-rollback'));
    expect(undone.map(({ metadata, spec }) => [metadata.name, spec.action, spec.parameters])).toEqual([
      ['w-step-1-rollback', 'undo', { all: true }],
      ['w-step-2-rollback', 'undo', { all: true }],
    ]);
    const reasons = (): string[] => controller.events.map(({ reason }) => reason);
    await expect
      .poll(reasons, { timeout: 20_000 })
      .toEqual(['Started', 'StepFailed', 'RollingBack', 'Failed']);
  });

  it('goes on beside a step that fails, skips what needs it, and says so', async () => {
    const namespace = await openNamespace(client, 'one-fails');
    await namespace.workflows.create(makeWorkflow('w').chain(3).steps(2).build());
    const run = workflowRun(namespace, 'w');
    await run.settleAll(({ spec }) => (spec.stepNumber === 2 ? 'failed' : 'completed'));
    const status = await run.status();
    expect(status).toMatchObject({
      phase: 'completed',
      message: '3 of 5 steps completed; failed: 2; skipped: 3',
    });
    expect(status.conditions?.find(({ type }) => type === 'StepsFailed')?.status).toBe('True');
  });

  it('has as many slots as are configured, from the moment on when that changes', async () => {
    const namespace = await openNamespace(client, 'configured');
    controller.configure({ maxParallelSteps: 2 });
    await namespace.workflows.create(parallel('w', 6));
    const run = workflowRun(namespace, 'w');
    await run.until(
      'two are active',
      ({ activeSteps, queuedSteps }) => activeSteps === 2 && queuedSteps === 4,
    );
    controller.configure({ maxParallelSteps: 4 });
    await run.until(
      'four are active',
      ({ activeSteps, queuedSteps }) => activeSteps === 4 && queuedSteps === 2,
    );
    expect(await controller.metrics()).toContain('workflow_parallel_workers_max 4');
  });

  it('may have a name of 253 characters', async () => {
    const namespace = await openNamespace(client, 'long-name');
    const name = `${'w'.repeat(200)}.${'x'.repeat(52)}`;
    await namespace.workflows.create(makeWorkflow(name).steps(6).build());
    const run = workflowRun(namespace, name);
    await run.until(
      'five are active',
      ({ activeSteps, queuedSteps }) => activeSteps === 5 && queuedSteps === 1,
    );
    await run.settleAll();
    expect((await run.status()).message).toBe('6 of 6 steps completed');
  });

  it('is idle when nothing happens, and costs nothing when it is over', async () => {
    const namespace = await openNamespace(client, 'idle');
    await namespace.workflows.create(parallel('w', 6));
    const run = workflowRun(namespace, 'w');
    await run.until('it stands', ({ activeSteps, queuedSteps }) => activeSteps === 5 && queuedSteps === 1);
    const before = controller.requests.length;
    for (const { metadata } of await run.executions())
      await namespace.settle(metadata.name ?? '', 'executing');
    await namespace.workflows.create(makeWorkflow('later').build());
    await workflowRun(namespace, 'later').until('a later one is over', ({ phase }) => phase === 'completed');
    const since = controller.requests
      .slice(before)
      .filter(({ path }) => path.includes(`/${namespace.name}/`));
    expect(since.map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`)).toEqual([
      'PATCH later/status',
    ]);
  });
});
