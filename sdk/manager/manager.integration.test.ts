import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ConfigMap,
  configMaps,
  echoController,
  type EchoControllerOptions,
  patchData,
} from '../../test/builders/echo-controller.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { type FaultyProxy, startFaultyProxy } from '../../test/cluster/faulty-proxy.ts';
import { kindClient, type KindClient } from '../../test/cluster/kind-client.ts';
import { configMapName } from '../../src/config/config-watch.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { type Lease, leaseKind } from '../../src/kube/lease.ts';
import type { Store } from '../../src/kube/store.ts';
import type { Controller } from '../controller/controller.ts';
import { ownKey } from '../controller/owner-keys.ts';
import { createManager } from './manager.ts';
import type { Manager, ManagerOptions } from './manager-options.ts';

const installation = { namespace: 'kubernaut-system' };
/** For tests that wait for a lease to run out: on a busy machine it may be lost any time. */
const shortTimes = {
  leaseDurationMilliseconds: 6_000,
  renewDeadlineMilliseconds: 4_000,
  retryPeriodMilliseconds: 500,
};

let controlPlane: ControlPlane;
let client: KubeClient;
let namespace: string;
let objects: KindClient;
let managers: Manager[];
let proxies: FaultyProxy[];
let tests = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  client = createKubeClient(controlPlane.kubeConfig());
  await createNamespace(installation.namespace);
});

beforeEach(async () => {
  tests += 1;
  namespace = `echoes-${tests}`;
  objects = kindClient(client, configMaps, namespace);
  managers = [];
  proxies = [];
  await createNamespace(namespace);
});

afterEach(async () => {
  for (const proxy of proxies) await proxy.close();
  await Promise.all(managers.map((manager) => manager.stop()));
});

afterAll(async () => {
  client.close();
  await controlPlane.stop();
});

async function createNamespace(name: string): Promise<void> {
  await client.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
}

/** A manager of one echo controller, over a proxy of its own. */
async function startManager(
  echo: EchoControllerOptions = {},
  options: Partial<ManagerOptions> = {},
): Promise<{ manager: Manager; proxy: FaultyProxy; logs: ReturnType<typeof keepLogs> }> {
  const proxy = await startFaultyProxy({ target: controlPlane.url });
  proxies.push(proxy);
  const logs = keepLogs();
  const manager = createManager({
    kubeConfig: controlPlane.kubeConfig('admin', { url: proxy.url }),
    controllers: [echoController(namespace, echo)],
    leaderElection: { leaseName: namespace },
    metricsPort: 0,
    host: '127.0.0.1',
    identity: `manager-${managers.length}`,
    logger: logs.logger,
    ...options,
  });
  managers.push(manager);
  await manager.start();
  return { manager, proxy, logs };
}

const put = (name: string, text: string): Promise<unknown> =>
  objects.create({ metadata: { name, labels: { echo: '' } }, data: { text } });

async function echoed(name: string, text: string): Promise<void> {
  await eventually(`${name} is echoed`, async () => {
    const { data } = await objects.get<ConfigMap>(name);
    return data?.['echo'] === text;
  });
}

async function fetched(manager: Manager, path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${manager.metricsPort}${path}`);
  return { status: answer.status, text: await answer.text() };
}

async function holder(): Promise<string | undefined> {
  const leases = kindClient(client, leaseKind, installation.namespace);
  return (await leases.get<Lease>(namespace)).spec?.holderIdentity;
}

describe('a manager', () => {
  it('reconciles what is there, what comes and what changes', async () => {
    await put('before', 'a');
    const { manager } = await startManager();
    await echoed('before', 'a');
    await put('after', 'b');
    await echoed('after', 'b');
    await patchData(client, namespace, 'before', { text: 'c' });
    await echoed('before', 'c');
    expect(manager.leading).toBe(true);
    expect(await holder()).toMatch(/^manager-0_/);
  });

  it('sends what a controller has said to the last', async () => {
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'any', uid: 'any' };
    const talker: Controller = {
      name: 'talker',
      setup: ({ events }) => ({
        sources: [],
        reconcile: async () => undefined,
        async stop() {
          events.record({ regarding, type: 'Normal', reason: 'Stopped', action: 'Stop', note: 'Good night' });
        },
      }),
    };
    const { manager } = await startManager({}, { controllers: [talker] });
    await eventually('it leads', async () => manager.leading);
    await manager.stop();
    const { items } = await client.request<{ readonly items: readonly { readonly note?: string }[] }>({
      method: 'GET',
      path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
    });
    expect(items.map(({ note }) => note)).toContain('Good night');
  });

  it('serves health and metrics', async () => {
    const { manager } = await startManager();
    await put('a', 'a');
    await echoed('a', 'a');
    expect(await fetched(manager, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await fetched(manager, '/readyz')).toEqual({ status: 200, text: 'ok\n' });
    const lines = [
      /^controller_runtime_reconcile_total\{controller="echo",result="success"\} [1-9]/m,
      /^controller_runtime_reconcile_errors_total\{controller="echo"\} 0$/m,
      /^controller_runtime_max_concurrent_reconciles\{controller="echo"\} 8$/m,
      /^controller_runtime_active_workers\{controller="echo"\} 0$/m,
      /^workqueue_adds_total\{name="echo"\} [1-9]/m,
      /^workqueue_depth\{name="echo"\} 0$/m,
      /^leader_election_master_status\{name="echoes-\d+"\} 1$/m,
      /^kubernetes_api_rate_limiter_wait_duration_seconds_count [1-9]/m,
      /^kubernetes_api_requests_total\{method="PATCH",code="200",resource="configmaps"\} [1-9]/m,
      /^stepgate_watch_lag_seconds\{resource="configmaps"\} /m,
      /^process_cpu_seconds_total /m,
    ];
    // What was echoed is seen before the answer to its write is counted.
    const missing = async (): Promise<RegExp[]> => {
      const { text } = await fetched(manager, '/metrics');
      return lines.filter((line) => !line.test(text));
    };
    await expect.poll(missing, { timeout: 20_000 }).toEqual([]);
  });

  it('is not ready before its caches are full', async () => {
    const kind = { group: 'not.installed', version: 'v1', kind: 'Nothing', plural: 'nothings' };
    const { manager } = await startManager(
      {},
      {
        controllers: [
          {
            name: 'waits',
            setup({ cache }) {
              return {
                sources: [{ store: cache({ kind }), keysOf: () => [] }],
                reconcile: async () => undefined,
              };
            },
          },
        ],
      },
    );
    expect((await fetched(manager, '/healthz')).status).toBe(200);
    expect(await fetched(manager, '/readyz')).toEqual({
      status: 500,
      text: 'not ready\n- the first list of nothings is not complete\n',
    });
    expect(manager.leading).toBe(false);
  });

  it('works without an optional kind, says so once, and takes it up when it comes', async () => {
    const kind = { group: 'late.test', version: 'v1', kind: 'Latecomer', plural: 'latecomers' };
    const reconciled: string[] = [];
    const { manager, logs } = await startManager(
      {},
      {
        controllers: [
          echoController(namespace),
          {
            name: 'late',
            setup: ({ cache }) => ({
              sources: [{ store: cache({ kind, optional: true }), keysOf: ownKey }],
              async reconcile(key) {
                reconciled.push(key);
                return undefined;
              },
            }),
          },
        ],
      },
    );
    await manager.elected();
    expect((await fetched(manager, '/readyz')).status).toBe(200);
    await put('a', 'a');
    await echoed('a', 'a');
    await client.request({
      method: 'POST',
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body: {
        metadata: { name: `${kind.plural}.${kind.group}` },
        spec: {
          group: kind.group,
          names: { kind: kind.kind, plural: kind.plural },
          scope: 'Namespaced',
          versions: [
            {
              name: kind.version,
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object' } },
            },
          ],
        },
      },
    });
    const late = kindClient(client, kind, namespace);
    const draft = { apiVersion: 'late.test/v1', kind: 'Latecomer', metadata: { name: 'one' } };
    await eventually('the kind is served', () => late.create(draft).then(Boolean, () => false));
    await eventually('its object is reconciled', async () => reconciled.includes(`${namespace}/one`));
    const isAbout = (message: string): boolean => message.startsWith('The cluster does not have this kind');
    expect(logs.messages('info').filter(isAbout)).toHaveLength(1);
    expect(logs.messages('warn')).toEqual([]);
  });

  it('shares one watch between caches of the same selection', async () => {
    const shared = [echoController(namespace, { name: 'one' }), echoController(namespace, { name: 'two' })];
    const { manager } = await startManager({}, { controllers: shared });
    await put('a', 'a');
    await echoed('a', 'a');
    const { text } = await fetched(manager, '/metrics');
    // The other one is of the configuration.
    expect(text).toMatch(/^stepgate_watch_relists_total\{resource="configmaps",reason="started"\} 1$/m);
  });

  it('shares the watch of a whole kind with a cache that can select for itself', async () => {
    let chosen: Store<ConfigMap> | undefined;
    const chooser: Controller = {
      name: 'chooser',
      setup({ cache }) {
        const selects = ({ metadata }: ConfigMap): boolean => metadata.labels?.['echo'] !== undefined;
        chosen = cache<ConfigMap>({ kind: configMaps, namespace, labelSelector: 'echo', selects });
        const whole = cache<ConfigMap>({ kind: configMaps, namespace });
        return { sources: [{ store: whole, keysOf: ownKey }], reconcile: async () => undefined };
      },
    };
    await objects.create({ metadata: { name: 'plain' } });
    await put('before', '');
    const { manager } = await startManager({}, { controllers: [chooser] });
    await put('later', '');
    const names = (): readonly string[] => chosen?.list().map(({ metadata }) => metadata.name) ?? [];
    await expect.poll(names, { timeout: 20_000 }).toEqual(['before', 'later']);
    await objects.mergePatch('before', { metadata: { labels: { echo: null } } });
    await expect.poll(names, { timeout: 20_000 }).toEqual(['later']);
    const { text } = await fetched(manager, '/metrics');
    expect(text).toMatch(/^stepgate_watch_relists_total\{resource="configmaps",reason="started"\} 1$/m);
  });

  it('works on while reconciles, predicates and listeners throw', async () => {
    let failures = 3;
    let starts = 0;
    const poisoned = async (key: string): Promise<void> => {
      if (!key.endsWith('poison') || failures === 0) return;
      failures -= 1;
      throw new Error('a bug');
    };
    const { manager, logs } = await startManager(
      {},
      {
        controllers: [
          echoController(namespace, { within: poisoned }),
          {
            name: 'broken',
            setup({ cache }) {
              const store = cache<ConfigMap>({ kind: configMaps, namespace, labelSelector: 'echo' });
              store.subscribe({
                added() {
                  throw new Error('a listener');
                },
              });
              const predicate = (): boolean => {
                throw new Error('a predicate');
              };
              const keysOf = (): string[] => {
                throw new Error('keys');
              };
              return {
                sources: [
                  { store, keysOf, predicate },
                  { store, keysOf: ({ metadata }) => [metadata.name], predicate },
                ],
                reconcile: () => {
                  throw new Error('at once');
                },
                started: async () => {
                  starts += 1;
                  if (starts === 1) throw new Error('not yet');
                },
                stop: async () => {
                  throw new Error('no end');
                },
              };
            },
          },
        ],
      },
    );
    await manager.elected();
    await put('poison', 'p');
    await put('a', 'a');
    await echoed('poison', 'p');
    await echoed('a', 'a');
    await eventually('the other controller has failed', async () => {
      const { text } = await fetched(manager, '/metrics');
      return /^controller_runtime_reconcile_errors_total\{controller="broken"\} [1-9]/m.test(text);
    });
    await manager.stop();
    await manager.ended;
    expect(logs.messages('error')).toEqual(
      expect.arrayContaining([
        'A reconcile failed; it will be tried again',
        'A predicate threw; the change is let through',
        'The keys of a change could not be found; it leads to no reconcile',
        'A controller could not start; it will be tried again',
        'A controller could not be stopped',
      ]),
    );
  });

  it('follows the API server through a restart', async () => {
    // However long that takes: a leader would rightly have ended before.
    await startManager({}, { leaderElection: { enabled: false } });
    await put('a', 'a');
    await echoed('a', 'a');
    await controlPlane.restartApiServer();
    await patchData(client, namespace, 'a', { text: 'b' });
    await put('c', 'c');
    await echoed('a', 'b');
    await echoed('c', 'c');
    expect((await objects.get<ConfigMap>('a')).data).toEqual({ text: 'b', echo: 'b' });
  });

  it('does not start with a configuration that cannot be used, and leaves nothing behind', async () => {
    const start = startManager({}, { environment: { kubernetesQps: 'many' } });
    await expect(start).rejects.toMatchObject({ code: 'ConfigInvalid' });
    await managers[0]?.ended;
    await expect(fetched(managers[0] as Manager, '/healthz')).rejects.toThrow('fetch failed');
  });

  it('can be stopped while it starts', async () => {
    const proxy = await startFaultyProxy({ target: controlPlane.url });
    proxies.push(proxy);
    proxy.freeze();
    const manager = createManager({
      kubeConfig: controlPlane.kubeConfig('admin', { url: proxy.url }),
      controllers: [echoController(namespace)],
      logger: keepLogs().logger,
    });
    const started = manager.start();
    await eventually('it waits for an answer', async () => proxy.connections > 0);
    await manager.stop();
    await expect(started).rejects.toMatchObject({ code: 'Manager' });
    await expect(manager.elected()).rejects.toMatchObject({ code: 'Manager' });
  });

  it('keeps to the configured rate, and follows a change of it', async () => {
    const configuration = kindClient(client, configMaps, installation.namespace);
    await configuration.create({
      metadata: { name: configMapName },
      data: { 'kubernetes-qps': '1', 'kubernetes-burst': '1' },
    });
    try {
      const names = Array.from({ length: 60 }, (_, index) => `c${index}`);
      await Promise.all(names.map((name) => put(name, name)));
      await startManager();
      const count = async (): Promise<number> => {
        const { items } = await objects.list<{ readonly items: readonly ConfigMap[] }>();
        return items.filter(({ data }) => data?.['echo'] !== undefined).length;
      };
      await eventually('it works', async () => (await count()) > 1);
      // At one a second these would take a minute.
      expect(await count()).toBeLessThan(30);
      await configuration.mergePatch(configMapName, {
        data: { 'kubernetes-qps': '1000', 'kubernetes-burst': '100' },
      });
      await eventually('all is done', async () => (await count()) === names.length, 20_000);
    } finally {
      await configuration.delete(configMapName);
    }
  });
});

describe('of two managers', () => {
  it('one works and the other stands by, ready', async () => {
    const { manager: one } = await startManager();
    await one.elected();
    const { manager: two } = await startManager();
    await eventually('it is ready', async () => (await fetched(two, '/readyz')).status === 200);
    expect([one.leading, two.leading]).toEqual([true, false]);
    expect((await fetched(two, '/metrics')).text).toMatch(/^leader_election_master_status\{.*\} 0$/m);
  });

  it('the other takes over, with all there is to do, when one is cut off', async () => {
    const options = { leaderElection: { leaseName: namespace, ...shortTimes } };
    const { manager: one, proxy } = await startManager({}, options);
    await one.elected();
    const { manager: two } = await startManager({}, options);
    proxy.freeze();
    await put('a', 'a');
    await expect(one.ended).rejects.toMatchObject({ code: 'LeadershipLost' });
    expect(two.leading).toBe(false);
    await two.elected();
    await echoed('a', 'a');
  });

  it('the other takes over when one has drained, not before', async () => {
    const underWay = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const order: string[] = [];
    const { manager: one } = await startManager({
      async within() {
        underWay.resolve();
        await goOn.promise;
        order.push('reconciled');
      },
      setup: {
        stop: async () => {
          order.push('stopped');
        },
      },
    });
    const { manager: two } = await startManager({
      async within() {
        order.push('the other');
      },
    });
    await one.elected();
    await put('a', 'a');
    await underWay.promise;
    const stopped = one.stop();
    await put('b', 'b');
    expect(await fetched(one, '/readyz')).toMatchObject({ status: 500 });
    expect(two.leading).toBe(false);
    goOn.resolve();
    await stopped;
    await one.ended;
    await echoed('b', 'b');
    await echoed('a', 'a');
    expect(order.slice(0, 3)).toEqual(['reconciled', 'stopped', 'the other']);
  });

  it('one that drains aborts what does not end, and leaves what does not obey', async () => {
    const aborted = Promise.withResolvers<void>();
    const { manager, logs } = await startManager(
      {
        async within(key, signal) {
          const { promise, reject } = Promise.withResolvers<void>();
          signal.addEventListener('abort', () => {
            aborted.resolve();
            if (key.endsWith('obeys')) reject(signal.reason);
          });
          await promise;
        },
      },
      { drainMilliseconds: 100, abortMilliseconds: 100 },
    );
    await put('obeys', 'a');
    await put('does-not', 'a');
    await eventually('both are under way', async () => {
      const { text } = await fetched(manager, '/metrics');
      return text.includes('controller_runtime_active_workers{controller="echo"} 2');
    });
    await manager.stop();
    await aborted.promise;
    expect(logs.lines.find(({ message }) => message.includes('do not obey'))?.facts).toMatchObject({
      keys: [`${namespace}/does-not`],
    });
    expect(await holder()).toBe('');
  });
});
