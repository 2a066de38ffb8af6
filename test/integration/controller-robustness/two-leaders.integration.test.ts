import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { type ControllerReplica, startControllerReplica } from '../../cluster/controller-replica.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { type Observer, startObserver } from '../../storm/observer.ts';
import {
  type ControlledNamespace,
  openControlledNamespace,
  tallyPlugin,
  unlimitedRate,
} from '../controlled-namespace.ts';
import { mostActive } from '../most-active.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let observer: Observer;
let namespace: ControlledNamespace;
const controllers: ControllerReplica[] = [];

beforeAll(async () => {
  cluster = await startInstalledCluster();
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  observer = await startObserver(client);
  namespace = await openControlledNamespace(client, 'partition');
  // Two that both believe to lead, all the time: a partition in which neither has heard of the other.
  for (const name of ['leader-1', 'leader-2']) {
    const controller = await startControllerReplica(cluster.controlPlane, {
      name,
      plugins: [tallyPlugin],
      environment: unlimitedRate,
      leaderElection: false,
    });
    controllers.push(controller);
    await controller.ready();
  }
}, 180_000);
afterAll(async () => {
  await Promise.all(controllers.map(({ child }) => child.kill()));
  await observer?.stop();
  client?.close();
  await cluster?.stop();
});

it('two leaders: never more than five active, one execution a step, and nothing is done twice', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `work-${index}`);
  for (const name of names) {
    const workflow = makeWorkflow(name).steps(6, { action: 'note', parameters: {} });
    await namespace.run(workflow.steps(4, { action: 'mark', parameters: {} }).build());
  }
  for (const name of names) {
    const { status } = await namespace.over(name, 120_000);
    expect(status, name).toMatchObject({ phase: 'completed', activeSteps: 0, queuedSteps: 0 });
  }
  await observer.caughtUp();
  const effects = await namespace.effects();
  for (const name of names) {
    const seen = observer.events.filter(({ workflow }) => workflow === `partition/${name}`);
    expect(mostActive(observer.events, `partition/${name}`), name).toBeLessThanOrEqual(5);
    expect(new Set(seen.map(({ uid }) => uid)).size, name).toBe(10);
    const steps = Array.from({ length: 10 }, (_, index) => `${name}-step-${index + 1}`);
    expect(
      steps.map((step) => effects.get(step)),
      name,
    ).toEqual(steps.map(() => 1));
  }
  expect(controllers.map(({ child }) => child.hasExited)).toEqual([false, false]);
}, 300_000);
