import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  watchConfigMaps,
  type WatchedConfigMaps,
  type WatchOptions,
} from '../../test/builders/watched-config-maps.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import {
  type FaultyHttpProxy,
  type ProxiedRequest,
  startFaultyHttpProxy,
} from '../../test/cluster/faulty-http-proxy.ts';
import { type FaultyProxy, startFaultyProxy } from '../../test/cluster/faulty-proxy.ts';
import type { Fault } from '../../test/cluster/http-faults.ts';
import { systemClock } from './clock.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';

let controlPlane: ControlPlane;
let wire: FaultyProxy;
let proxy: FaultyHttpProxy;
let direct: KubeClient;
let throughWire: KubeClient;
let throughProxy: KubeClient;
let running: WatchedConfigMaps[];
let namespaces = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  wire = await startFaultyProxy({ target: controlPlane.url });
  proxy = await startFaultyHttpProxy(controlPlane);
  direct = createKubeClient(controlPlane.kubeConfig());
  throughWire = createKubeClient(controlPlane.kubeConfig('admin', { url: wire.url }));
  throughProxy = createKubeClient(proxy.kubeConfig());
});
beforeEach(() => {
  running = [];
  namespaces += 1;
});
afterEach(async () => {
  proxy.intercept(undefined);
  wire.thaw();
  wire.refuse(false);
  await Promise.all(running.map(({ reflector }) => reflector.stop()));
});
afterAll(async () => {
  for (const client of [direct, throughWire, throughProxy]) client.close();
  await wire.close();
  await proxy.close();
  await controlPlane.stop();
});

/** Watches a new namespace that has five ConfigMaps, a to e. */
async function watchFive(
  client: KubeClient,
  options: Partial<WatchOptions> = {},
): Promise<WatchedConfigMaps> {
  const watched = await watchConfigMaps({
    direct,
    client,
    namespace: `reflected-${namespaces}`,
    existing: ['a', 'b', 'c', 'd', 'e'],
    ...options,
  });
  running.push(watched);
  await watched.reflector.synced();
  await watched.equalsFreshList();
  return watched;
}

/** What a client misses while it is away: creates, changes, deletes, and a name that is another object now. */
async function changeEverything(watched: WatchedConfigMaps): Promise<void> {
  await watched.put('new', 'a', 'b');
  await watched.remove('b', 'c', 'd');
  await watched.put('d');
}
const afterChanges = ['a', 'd', 'e', 'new'];

/** A watch of this test: a late one of the test before must not use up a fault. */
const isWatch = ({ path, query }: ProxiedRequest, namespace = `reflected-${namespaces}`): boolean =>
  path.endsWith(`/${namespace}/configmaps`) && query.get('watch') === 'true';

/** Spoils the next `times` watches; resolves when that has happened. */
function spoilWatches(
  fault: Fault,
  times = 1,
  namespace = `reflected-${namespaces}`,
): { readonly at: readonly number[]; readonly done: Promise<void> } {
  const at: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.intercept((request) => {
    if (!isWatch(request, namespace) || at.length === times) return undefined;
    at.push(performance.now());
    if (at.length === times) resolve();
    return fault;
  });
  return { at, done: promise };
}

describe('a reflector whose connection is bad', () => {
  it('finds what happened while it was cut off, deletes first of all, and keeps its state until then', async () => {
    const watched = await watchFive(throughWire);
    wire.refuse(true);
    wire.resetAll();
    await vi.waitFor(() => expect(watched.reflector.connected).toBe(false), { timeout: 20_000 });
    await changeEverything(watched);
    expect(watched.names()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(watched.reflector.hasSynced).toBe(true);
    wire.refuse(false);
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(afterChanges);
    expect(watched.reflector.connected).toBe(true);
    expect(watched.relisted).toEqual(['started', 'connection']);
  });

  it('survives one reset after the other while the world moves', async () => {
    const watched = await watchFive(throughWire);
    for (let round = 0; round < 10; round += 1) {
      await watched.put(`x${round}`, 'a');
      wire.resetAll();
      await watched.remove(`x${round}`);
    }
    await watched.equalsFreshList();
    expect(watched.relisted.length).toBeGreaterThan(1);
  });

  it('notices a half-open connection by its silence, and gives up those that stay silent from the start', async () => {
    const watched = await watchFive(throughWire, { readDeadlineMilliseconds: 400 });
    wire.freeze();
    const silentSince = watched.reflector.lastActivity();
    await changeEverything(watched);
    await vi.waitFor(() => expect(wire.connections).toBeGreaterThan(2), { timeout: 30_000 });
    expect(watched.reflector.lastActivity()).toBe(silentSince);
    expect(watched.reflector.connected).toBe(false);
    wire.thaw();
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(afterChanges);
    expect(watched.relisted).toContain('read-deadline');
  });

  it('begins again when a stream breaks within a line', async () => {
    for (const afterBytes of [0, 1, 300, 700]) {
      const namespace = `reflected-${namespaces}-${afterBytes}`;
      const { done } = spoilWatches({ kind: 'cut', afterBytes }, 1, namespace);
      const watched = await watchFive(throughProxy, { namespace });
      await done;
      await watched.equalsFreshList();
      expect(watched.relisted[0]).toBe('connection');
    }
  });

  it('begins again when a stream stalls within a line', async () => {
    const { done } = spoilWatches({ kind: 'stall', afterBytes: 700 });
    const watched = await watchFive(throughProxy, { readDeadlineMilliseconds: 1500 });
    await done;
    await watched.equalsFreshList();
    expect(watched.relisted[0]).toBe('read-deadline');
  });

  it('takes a line that is no JSON for a broken connection', async () => {
    const body =
      '{"type":"ADDED","object":{"metadata":{"name":"ghost","resourceVersion":"1"}}}\n{"type":"ADD\n';
    const { done } = spoilWatches({ kind: 'answer', code: 200, contentType: 'application/json', body });
    const watched = await watchFive(throughProxy);
    await done;
    await watched.equalsFreshList();
    expect(watched.relisted[0]).toBe('broken-line');
    expect(watched.names()).not.toContain('ghost');
  });
});

describe('a reflector whose API server refuses', () => {
  it('makes a new list after 410 Expired within the stream', async () => {
    const { done } = spoilWatches({ kind: 'watchError', code: 410, reason: 'Expired', afterEvents: 8 });
    const watched = await watchFive(throughProxy);
    await changeEverything(watched);
    await done;
    await watched.relistedFor('expired');
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(afterChanges);
  });

  it('makes a new list after 410 Gone as an answer', async () => {
    spoilWatches({ kind: 'status', code: 410, reason: 'Gone' }, 3);
    const watched = await watchFive(throughProxy);
    await watched.equalsFreshList();
    expect(watched.relisted).toEqual(['expired']);
  });

  it('stays away for as long as a 429 asks', async () => {
    const { at } = spoilWatches(
      { kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 1 },
      2,
    );
    const watched = await watchFive(throughProxy);
    await watched.equalsFreshList();
    const [first = 0, second = 0] = at;
    expect(second - first).toBeGreaterThanOrEqual(1000);
    expect(watched.relisted).toEqual(['throttled']);
  });

  it('does not stay away for as long as a 429 likes', async () => {
    spoilWatches({ kind: 'status', code: 429, reason: 'TooManyRequests', retryAfterSeconds: 86_400 });
    const watched = await watchFive(throughProxy, { maxRetryAfterMilliseconds: 100 });
    expect(watched.relisted).toEqual(['throttled']);
  });

  it('tries again after each 500, ever more slowly', async () => {
    const { at } = spoilWatches({ kind: 'status', code: 500, reason: 'InternalError' }, 6);
    const watched = await watchFive(throughProxy);
    await watched.equalsFreshList();
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    // At least half of each step of the backoff; how much longer depends on the machine.
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(10 * 2 ** index - 2);
    expect(watched.relisted).toEqual(['server-error']);
  });

  it('reads an error page as a refusal', async () => {
    spoilWatches(
      { kind: 'answer', code: 502, contentType: 'text/html', body: '<html>bad gateway</html>' },
      2,
    );
    const watched = await watchFive(throughProxy);
    await watched.equalsFreshList();
    expect(watched.relisted).toEqual(['server-error']);
  });

  it('goes on with a new token when the old one has expired', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stepgate-token-'));
    const tokenFile = join(folder, 'token');
    const kubeConfig = controlPlane.kubeConfig('admin', { url: wire.url });
    const token = kubeConfig.getCurrentUser()?.token ?? '';
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) throw new Error('no cluster');
    const inCluster = new KubeConfig();
    inCluster.loadFromClusterAndUser(cluster, {
      name: 'inClusterUser',
      authProvider: { name: 'tokenFile', config: { tokenFile } },
    });
    writeFileSync(tokenFile, token);
    const codes: number[] = [];
    const client = createKubeClient(inCluster, {
      credentialsLifetimeMilliseconds: 0,
      onResponse: ({ code }) => codes.push(code),
    });
    try {
      const watched = await watchFive(client);
      writeFileSync(tokenFile, 'expired');
      wire.resetAll();
      await vi.waitFor(() => expect(codes).toContain(401), { timeout: 30_000 });
      await changeEverything(watched);
      expect(watched.reflector.connected).toBe(false);
      writeFileSync(tokenFile, `${token}\n`);
      await watched.equalsFreshList();
      expect(watched.names()).toEqual(afterChanges);
      expect(watched.relisted.at(-1)).toBe('unauthorized');
    } finally {
      client.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a reflector whose API server cannot stream lists', () => {
  /** Answers as an API server does whose feature gate is off, and spoils the rest as told. */
  const refuseStreaming = (
    otherwise: (request: ProxiedRequest) => Fault | undefined = () => undefined,
  ): void => {
    proxy.intercept((request) =>
      request.query.get('sendInitialEvents') === null
        ? otherwise(request)
        : {
            kind: 'status',
            code: 422,
            reason: 'Invalid',
            message: 'sendInitialEvents is forbidden for watch',
          },
    );
  };
  const pages = (): readonly ProxiedRequest[] =>
    proxy.requests.filter(
      ({ path, query }) => path.includes(`/reflected-${namespaces}/`) && query.has('limit'),
    );

  it('lists in pages and watches from their revision, after each loss again', async () => {
    let watches = 0;
    const expire = { kind: 'watchError', code: 410, reason: 'Expired', afterEvents: 1 } as const;
    refuseStreaming((request) => {
      if (!isWatch(request)) return undefined;
      watches += 1;
      return watches > 2 ? undefined : expire;
    });
    const watched = await watchFive(throughProxy, { pageSize: 2 });
    await watched.put('a');
    await watched.relistedFor('expired');
    await changeEverything(watched);
    await watched.relistedFor('expired', 2);
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(afterChanges);
    await watched.put('live');
    await watched.equalsFreshList();
    expect(watched.relisted).toEqual(['started', 'expired', 'expired']);
    expect(pages().some(({ query }) => query.has('continue'))).toBe(true);
  });

  it('lists again when a page has expired', async () => {
    refuseStreaming();
    const watched = await watchFive(throughProxy, { pageSize: 2 });
    let expired = 0;
    refuseStreaming(({ query }) => {
      if (!query.has('continue') || expired === 2) return undefined;
      expired += 1;
      return { kind: 'status', code: 410, reason: 'Expired' };
    });
    const second = await watchFive(throughProxy, {
      pageSize: 2,
      namespace: `reflected-${namespaces}-second`,
    });
    expect(expired).toBe(2);
    expect(second.relisted).toEqual(['started']);
    await watched.equalsFreshList();
  });
});

describe('a reflector whose handler throws', () => {
  it('goes on, and repairs what the handler missed', async () => {
    let broken = false;
    const repairs: (() => void)[] = [];
    const watched = await watchFive(throughWire, {
      random: () => 0.99,
      // The repair, within a second, is kept until it has been looked at what there is without it.
      clock: {
        ...systemClock,
        setTimer(milliseconds, fire) {
          if (milliseconds < 900 || milliseconds > 1_000) return systemClock.setTimer(milliseconds, fire);
          repairs.push(fire);
          return () => {};
        },
      },
      onEvent: (_, item) => {
        if (broken && item?.metadata.name === 'poison') throw new Error('a bug');
      },
    });
    broken = true;
    await watched.put('poison', 'after');
    await vi.waitFor(() => expect(watched.names()).toContain('after'), { timeout: 20_000 });
    expect(watched.handlerFailures).toBe(1);
    expect(watched.names()).not.toContain('poison');
    broken = false;
    expect(repairs).toHaveLength(1);
    repairs[0]?.();
    await watched.equalsFreshList();
    expect(watched.relisted).toEqual(['started', 'handler-failed']);
  });

  it('has no list before the handler has taken one', async () => {
    let failures = 3;
    const watched = await watchFive(throughWire, {
      onEvent: (type) => {
        if (type !== 'replaced' || failures === 0) return;
        failures -= 1;
        throw new Error('a bug');
      },
    });
    expect(failures).toBe(0);
    expect(watched.handlerFailures).toBe(3);
    expect(watched.relisted).toEqual(['handler-failed']);
  });
});

describe('a reflector whose watch is closed in order', () => {
  it('makes a new one, and misses nothing between them', async () => {
    const watched = await watchFive(throughWire, { watchSeconds: 1, random: () => 0 });
    await watched.relistedFor('closed');
    await changeEverything(watched);
    await watched.relistedFor('closed', 2);
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(afterChanges);
  });
});
