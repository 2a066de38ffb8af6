import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kube/clock.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../../test/cluster/installed-cluster.ts';
import { openNamespace } from '../../test/integration/open-namespace.ts';
import { runController, type RunningController } from '../../test/integration/running-controller.ts';
import { workflowRun } from '../../test/integration/workflow-run.ts';
import { workflowController } from './workflow-controller.ts';

let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  cluster = await startInstalledCluster({ environment: { COMPLEXITY_APPROVAL_THRESHOLD: '10000' } });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** Each controller begins with lists of its own, and machines are shared. Milliseconds. */
const patience = 180_000;

const start = (before?: Parameters<typeof runController>[2]): Promise<RunningController> =>
  runController(cluster.controlPlane, workflowController(), before);

describe('a controller that is killed', () => {
  it('at any of its writes is followed by one that goes on where it was: nothing is lost, nothing runs twice', async () => {
    const namespace = await openNamespace(client, 'killed');
    const rollbackSpec = { action: 'undo' };
    const steps = [1, 2, 3, 4, 5, 6, 7];
    // After all others: a create that dies with its controller keeps its name and its slot for a while.
    const last = { criticalStep: true, dependencies: steps.map(String) };
    await namespace.workflows.create(makeWorkflow('w').steps(7, { rollbackSpec }).step(last).build());
    const run = workflowRun(namespace, 'w');
    let stop = false;
    let controllers = 0;
    const over = run.settleAll(({ spec }) => (spec.stepNumber === 8 ? 'failed' : 'completed'), patience);
    const ended = over.finally(() => {
      stop = true;
    });
    // Heard below; a controller may be starting just then.
    ended.catch(() => {});
    while (!stop) {
      controllers += 1;
      // From the moment in which its first write is sent, each lives a little longer than the one before it: at first
      // nothing reaches the API server, on any machine, and at last everything does.
      const lifetime = controllers * 15;
      let writes = 0;
      const dying = Promise.withResolvers<void>();
      const mortal = await start(({ method }) => {
        if (method !== 'GET') writes += 1;
        if (writes === 1) systemClock.setTimer(lifetime, dying.resolve);
      });
      await Promise.race([dying.promise, ended]);
      await mortal.kill();
    }
    await over;
    expect(controllers).toBeGreaterThan(3);
    const names = (await run.executions()).map(({ metadata }) => metadata.name ?? '').toSorted();
    expect(names).toEqual(
      [...steps.flatMap((step) => [`w-step-${step}`, `w-step-${step}-rollback`]), 'w-step-8'].toSorted(),
    );
    expect(await run.status()).toMatchObject({
      phase: 'failed',
      message: '0 of 8 steps completed; failed: 8; rolled back: 1, 2, 3, 4, 5, 6, 7',
      activeSteps: 0,
    });
  }, 200_000);
});

describe('a workflow of a thousand steps', () => {
  it('is run', async () => {
    const controller = await start();
    controller.configure({ complexityApprovalThreshold: 10_000 });
    try {
      const namespace = await openNamespace(client, 'thousand');
      await namespace.workflows.create(makeWorkflow('w').steps(995).chain(5).build());
      const run = workflowRun(namespace, 'w');
      const status = await run.until('five are active', ({ activeSteps }) => activeSteps === 5, patience);
      expect(status).toMatchObject({ queuedSteps: 990 });
      for (let round = 0; round < 4; round += 1) {
        for (const name of await namespace.active()) await namespace.settle(name);
        await run.until(
          'the next five are active',
          ({ activeSteps, queuedSteps }) => activeSteps === 5 && queuedSteps === 990 - 5 * (round + 1),
          patience,
        );
      }
      expect((await run.status()).stepStatuses).toHaveLength(1_000);
    } finally {
      await controller.kill();
    }
  }, 200_000);
});
