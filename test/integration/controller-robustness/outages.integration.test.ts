import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import {
  type ControllerReplica,
  type ControllerReplicaOptions,
  startControllerReplica,
} from '../../cluster/controller-replica.ts';
import { eventually } from '../../cluster/eventually.ts';
import { startFaultyHttpProxy } from '../../cluster/faulty-http-proxy.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { whenInitialized } from '../../cluster/when-initialized.ts';
import {
  type ControlledNamespace,
  openControlledNamespace,
  tallyPlugin,
  unlimitedRate,
} from '../controlled-namespace.ts';

const outageMilliseconds = 60_000;

let cluster: InstalledCluster;
let client: KubeClient;
let namespace: ControlledNamespace;
let controllers: ControllerReplica[] = [];

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1 });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  namespace = await openControlledNamespace(client, 'outages');
}, 180_000);
afterEach(async () => {
  await Promise.all(controllers.map(({ child }) => child.kill()));
  controllers = [];
});
afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

async function startController(
  options: Pick<ControllerReplicaOptions, 'name'> & Partial<ControllerReplicaOptions>,
): Promise<ControllerReplica> {
  const { environment = {}, ...rest } = options;
  const controller = await startControllerReplica(cluster.controlPlane, {
    plugins: [tallyPlugin],
    environment: { ...unlimitedRate, ...environment },
    ...rest,
  });
  controllers.push(controller);
  await controller.ready();
  return controller;
}

function workflow(name: string) {
  const note = { action: 'note', parameters: {} };
  return makeWorkflow(name)
    .steps(4, note)
    .steps(2, { ...note, dependencies: ['1'] })
    .steps(2, { ...note, dependencies: ['5'] });
}

async function isUnderWay(name: string): Promise<void> {
  await eventually(
    `${name} is under way`,
    async () => (await whenInitialized(() => namespace.executionsOf(name))).length > 0,
    60_000,
  );
}

async function completedOnce(name: string): Promise<void> {
  const isOver = async (): Promise<boolean> => {
    // A process that has lost its leadership ends, and is started again, as a Deployment would.
    if (controllers.every(({ child }) => child.hasExited))
      await startController({ name: `of-${name}-${controllers.length}` });
    const { phase } = (await namespace.read(name)).status ?? {};
    return phase === 'completed' || phase === 'failed';
  };
  await eventually(`${name} is over`, isOver, 180_000);
  const { status } = await namespace.read(name);
  const done = { phase: 'completed', message: '8 of 8 steps completed', activeSteps: 0, queuedSteps: 0 };
  expect(status).toMatchObject(done);
  expect(await whenInitialized(() => namespace.executionsOf(name))).toHaveLength(8);
}

it(`an API server that is silent for ${outageMilliseconds / 1_000} s, and one that is restarted`, async () => {
  const { controlPlane } = cluster;
  await startController({ name: 'patient' });
  await namespace.run(workflow('silent').build());
  await isUnderWay('silent');
  controlPlane.pauseApiServer();
  await pause(outageMilliseconds);
  controlPlane.resumeApiServer();
  await completedOnce('silent');

  // At different moments: what is cut off may be a create, an action's request, or the write that settles.
  for (const milliseconds of [0, 200, 400]) {
    const name = `restarted-${milliseconds}`;
    await namespace.run(workflow(name).build());
    await isUnderWay(name);
    await pause(milliseconds);
    await controlPlane.restartApiServer();
    await completedOnce(name);
  }
  const effects = await whenInitialized(() => namespace.effects());
  expect([...effects.values()]).toEqual(Array.from({ length: 32 }, () => 1));
}, 900_000);

it('tokens that are good no more: its own is read again, and those of its actions are asked for again', async () => {
  const { controlPlane } = cluster;
  const proxy = await startFaultyHttpProxy(controlPlane);
  const file = join(controlPlane.folder, 'rotated-token');
  writeFileSync(file, await boundToken('first'), { mode: 0o600 });
  const kubeconfig = join(controlPlane.folder, 'rotating.kubeconfig');
  const config = JSON.parse(controlPlane.kubeConfig('controller', proxy).exportConfig()) as {
    readonly users: readonly { readonly name: string }[];
  };
  // As in a pod: client-node reads a token from a file for this provider, once a minute, and not for kubectl's field.
  const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile: file } } };
  const users = config.users.map(({ name }) => ({ name, user }));
  writeFileSync(kubeconfig, JSON.stringify({ ...config, users }), { mode: 0o600 });
  const controller = await startController({ name: 'rotating', flags: { kubeconfig } });
  await namespace.run(workflow('first-token').build());
  await completedOnce('first-token');

  const second = await boundToken('second');
  writeFileSync(file, second, { mode: 0o600 });
  const isUsed = async (): Promise<boolean> =>
    proxy.requests.some(({ headers }) => headers.authorization === `Bearer ${second}`);
  await eventually('the new token is used', isUsed, 180_000);
  await client.request({ method: 'DELETE', path: '/api/v1/namespaces/kubernaut-system/secrets/first' });
  // The account of the actions is made anew: no token of the old one is good.
  const accounts = '/api/v1/namespaces/outages/serviceaccounts';
  await client.request({ method: 'DELETE', path: `${accounts}/stepgate-runner` });
  await client.request({ method: 'POST', path: accounts, body: { metadata: { name: 'stepgate-runner' } } });
  await namespace.run(workflow('second-token').build());
  await completedOnce('second-token');
  expect(controller.child.hasExited).toBe(false);
  await controller.child.kill();
  await proxy.close();
}, 600_000);

/** A token of the controller's account that ends with a Secret, for none can be had that lasts less than ten minutes. */
async function boundToken(secret: string): Promise<string> {
  const core = '/api/v1/namespaces/kubernaut-system';
  const account = `${core}/serviceaccounts`;
  const body = { metadata: { name: 'stepgate-controller' } };
  await client.request({ method: 'POST', path: account, body }).catch(() => {});
  const { metadata } = await client.request<{ metadata: { uid: string } }>({
    method: 'POST',
    path: `${core}/secrets`,
    body: { metadata: { name: secret } },
  });
  const { status } = await client.request<{ status: { token: string } }>({
    method: 'POST',
    path: `${account}/stepgate-controller/token`,
    body: { spec: { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: secret, uid: metadata.uid } } },
  });
  return status.token;
}

it('clocks that jump by days: nobody loses the leadership, and workflows are completed', async () => {
  const jumping = join(import.meta.dirname, '../../cluster/jumping-clock.ts');
  const environment = { NODE_OPTIONS: `--import=${jumping}` };
  const one = await startController({ name: 'jumping-1', environment });
  const two = await startController({ name: 'jumping-2', environment });
  for (const name of ['jump-1', 'jump-2', 'jump-3']) {
    await namespace.run(workflow(name).build());
    await completedOnce(name);
  }
  const leases = () =>
    client.request<{ items: readonly { spec: { holderIdentity: string; leaseTransitions: number } }[] }>({
      method: 'GET',
      path: '/apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases',
    });
  const held = (await leases()).items.map(({ spec }) => [spec.holderIdentity, spec.leaseTransitions]);
  // Longer than the time after which others take a lease that is not renewed.
  await pause(18_000);
  expect((await leases()).items.map(({ spec }) => [spec.holderIdentity, spec.leaseTransitions])).toEqual(
    held,
  );
  expect([one.child.hasExited, two.child.hasExited]).toEqual([false, false]);
}, 400_000);
