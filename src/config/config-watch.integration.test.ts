import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { createKubeClient, type KubeClient } from '../kube/kube-client.ts';
import { resourcePath } from '../kube/resource-path.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import {
  configMapName,
  type ConfigMapReference,
  type ConfigWatch,
  type ConfigWatchOptions,
  startConfigWatch,
} from './config-watch.ts';
import type { ConfigReport } from './live-config.ts';

const kind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' } as const;
const namespace = 'default';
const path = resourcePath(kind, { namespace, name: configMapName });
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let controlPlane: ControlPlane;
let client: KubeClient;
let watch: ConfigWatch | undefined;
/** Waits for the next thing that somebody is told. */
let told: Queue<string>;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  client = createKubeClient(controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

beforeEach(() => {
  told = createQueue();
});

afterEach(async () => {
  await watch?.stop();
  watch = undefined;
  await client.request({ method: 'DELETE', path }).catch(() => undefined);
});

async function start(options: Partial<ConfigWatchOptions> = {}): Promise<ConfigWatch> {
  watch = await startConfigWatch({
    client,
    namespace,
    environment: {},
    logger: silent,
    report: ({ reason }: ConfigReport, { uid }: ConfigMapReference) =>
      told.push(`${reason} about ${uid === undefined ? 'no ConfigMap' : 'the ConfigMap'}`),
    onProblem: (key) => told.push(`problem ${key}`),
    ...options,
  });
  watch.onChange((current: Config) => told.push(`limit ${current.maxParallelSteps}`));
  return watch;
}

async function write(method: 'POST' | 'PUT', data: Record<string, string>): Promise<void> {
  const at = method === 'POST' ? resourcePath(kind, { namespace }) : path;
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configMapName, namespace }, data };
  await client.request({ method, path: at, body });
}

test('a ConfigMap that comes, changes, goes bad, is mended and goes away is followed', async () => {
  const { current } = await start();
  expect(current().maxParallelSteps).toBe(5);

  await write('POST', { 'max-parallel-steps': '3' });
  expect(await told.next(2)).toEqual(['ConfigChanged about the ConfigMap', 'limit 3']);
  expect(current().maxParallelSteps).toBe(3);

  await write('PUT', { 'max-parallel-steps': 'lots' });
  expect(await told.next(2)).toEqual(['problem max-parallel-steps', 'ConfigRejected about the ConfigMap']);
  expect(current().maxParallelSteps).toBe(3);

  await write('PUT', { 'max-parallel-steps': '8' });
  expect(await told.next(2)).toEqual(['ConfigChanged about the ConfigMap', 'limit 8']);

  await client.request({ method: 'DELETE', path });
  expect(await told.next(2)).toEqual(['ConfigChanged about no ConfigMap', 'limit 5']);
});

test('a bad value is told once, however often the API server is lost', async () => {
  const lists = createQueue<string>();
  await start({ reflector: { metrics: { relisted: (why) => lists.push(why) } } });
  await lists.next(1);
  await write('POST', { enforcement: 'off' });
  expect(await told.next(2)).toEqual(['problem enforcement', 'ConfigRejected about the ConfigMap']);

  await controlPlane.restartApiServer();
  await lists.next(1);
  await write('PUT', { enforcement: 'audit' });
  expect(await told.next(2)).toEqual(['ConfigChanged about the ConfigMap', 'limit 5']);
});

test('a bad value at the start is an error that names the key', async () => {
  await write('POST', { 'reservation-lifetime': '10s' });
  const error: unknown = await start().catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toHaveProperty('key', 'reservation-lifetime');
});

test('other ConfigMaps of the namespace are none of ours', async () => {
  await start();
  const body = { metadata: { name: 'another', namespace }, data: { 'max-parallel-steps': '1' } };
  await client.request({ method: 'POST', path: resourcePath(kind, { namespace }), body });
  await write('POST', { 'max-parallel-steps': '2' });
  expect(await told.next(2)).toEqual(['ConfigChanged about the ConfigMap', 'limit 2']);
});

test('an account that may read this one ConfigMap alone is enough', async () => {
  const rule = `--resource-name=${configMapName}`;
  await controlPlane.kubectl([
    'create',
    'role',
    'config-reader',
    '--verb=list,watch',
    '--resource=configmaps',
    rule,
  ]);
  await controlPlane.kubectl([
    'create',
    'rolebinding',
    'config-reader',
    '--role=config-reader',
    '--serviceaccount=kubernaut-system:stepgate-webhook',
  ]);
  const ours = createKubeClient(controlPlane.kubeConfig('webhook'));
  const { current } = await start({ client: ours });
  expect(current().maxParallelSteps).toBe(5);
  await watch?.stop();
  ours.close();
});

test('an aborted start ends with the reason of the signal', async () => {
  const reason = new Error('enough');
  const failure = await start({ signal: AbortSignal.abort(reason) }).catch((error: unknown) => error);
  expect(failure).toBe(reason);
});

interface Queue<Item> {
  readonly push: (item: Item) => void;
  /** Resolves with the next `count` items. */
  readonly next: (count: number) => Promise<Item[]>;
}

function createQueue<Item>(): Queue<Item> {
  const items: Item[] = [];
  let arrived = Promise.withResolvers<void>();
  return {
    push: (item) => {
      items.push(item);
      arrived.resolve();
      arrived = Promise.withResolvers();
    },
    next: async (count) => {
      while (items.length < count) await arrived.promise;
      return items.splice(0, count);
    },
  };
}
