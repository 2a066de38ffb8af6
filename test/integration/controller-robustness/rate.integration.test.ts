import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { type ControllerReplica, startControllerReplica } from '../../cluster/controller-replica.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../cluster/faulty-http-proxy.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { type ControlledNamespace, openControlledNamespace, tallyPlugin } from '../controlled-namespace.ts';

const perSecond = 20;
const burst = 30;
/** What arrives late did not leave late: so many may arrive at once after one second of a busy machine. */
const slack = perSecond;

let cluster: InstalledCluster;
let client: KubeClient;
let proxy: FaultyHttpProxy;
let controller: ControllerReplica;
let namespace: ControlledNamespace;

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1 });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  proxy = await startFaultyHttpProxy(cluster.controlPlane);
  namespace = await openControlledNamespace(client, 'rate');
}, 180_000);
afterAll(async () => {
  await controller?.child.kill();
  await proxy?.close();
  client?.close();
  await cluster?.stop();
});

it('at the defaults a controller sends no more than 20 requests a second after a burst of 30', async () => {
  const token = cluster.controlPlane.kubeConfig('controller').getCurrentUser()?.token ?? '';
  const at: number[] = [];
  proxy.intercept(({ path, headers, query }) => {
    // The lease and Events are never held back, and a watch is one request for a long time. Actions are others.
    const isItsOwn = headers.authorization === `Bearer ${token}` && !query.has('watch');
    if (isItsOwn && !path.includes('/leases') && !path.includes('/events')) at.push(performance.now());
    return undefined;
  });
  for (let number = 0; number < 6; number += 1) {
    const workflow = makeWorkflow(`work-${number}`).steps(10, { action: 'note', parameters: {} });
    await namespace.run(workflow.build());
  }
  controller = await startControllerReplica(cluster.controlPlane, {
    name: 'at-the-defaults',
    plugins: [tallyPlugin],
    at: proxy,
  });
  for (let number = 0; number < 6; number += 1) await namespace.over(`work-${number}`, 120_000);

  // The rate was what held it back, or nothing is shown here.
  expect(at.length).toBeGreaterThan(5 * burst);
  // Over every span of time, from any request to any later one.
  let worst = Number.NEGATIVE_INFINITY;
  for (const [first, from] of at.entries()) {
    for (const [index, to] of at.slice(first).entries()) {
      worst = Math.max(worst, index + 1 - burst - ((to - from) / 1_000) * perSecond);
    }
  }
  expect(worst).toBeLessThanOrEqual(slack);
}, 240_000);
