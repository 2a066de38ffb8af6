import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { watchConfigMaps, type WatchedConfigMaps } from '../../test/builders/watched-config-maps.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../test/cluster/faulty-http-proxy.ts';
import { type FaultyProxy, startFaultyProxy } from '../../test/cluster/faulty-proxy.ts';
import type { Fault } from '../../test/cluster/http-faults.ts';
import { systemClock } from './clock.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';

let controlPlane: ControlPlane;
let direct: KubeClient;
let watched: WatchedConfigMaps | undefined;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  direct = createKubeClient(controlPlane.kubeConfig());
});
afterEach(async () => {
  await watched?.reflector.stop();
});
afterAll(async () => {
  direct.close();
  await controlPlane.stop();
});

describe('a reflector whose API server fails as a whole', () => {
  it('follows it through a restart', async () => {
    watched = await watchConfigMaps({ direct, client: direct, namespace: 'restarted' });
    const { reflector } = watched;
    await reflector.synced();
    await watched.put('a', 'b', 'c');
    await watched.equalsFreshList();
    await controlPlane.restartApiServer();
    await watched.remove('a');
    await watched.put('b', 'd');
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(['b', 'c', 'd']);
    await vi.waitFor(() => expect(reflector.connected).toBe(true), { timeout: 20_000 });
    expect(watched.relisted.length).toBeGreaterThan(1);
  });

  it('notices that it stands still, and follows it when it goes on', async () => {
    watched = await watchConfigMaps({
      direct,
      client: direct,
      namespace: 'paused',
      readDeadlineMilliseconds: 1000,
    });
    const { reflector } = watched;
    await reflector.synced();
    await watched.put('a', 'b', 'c');
    await watched.equalsFreshList();
    controlPlane.pauseApiServer();
    try {
      await vi.waitFor(() => expect(reflector.connected).toBe(false), { timeout: 30_000 });
    } finally {
      controlPlane.resumeApiServer();
    }
    await watched.remove('a');
    await watched.put('b', 'd');
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(['b', 'c', 'd']);
    expect(watched.relisted).toContain('read-deadline');
  });
});

describe('a reflector in a storm', () => {
  let wire: FaultyProxy;
  let proxy: FaultyHttpProxy;
  let client: KubeClient;
  beforeAll(async () => {
    proxy = await startFaultyHttpProxy(controlPlane);
    wire = await startFaultyProxy({ target: proxy.url });
    client = createKubeClient(
      controlPlane.kubeConfig('admin', { url: wire.url, authorityPem: proxy.authorityPem }),
    );
  });
  afterAll(async () => {
    client.close();
    await wire.close();
    await proxy.close();
  });

  it('has the truth once it is over, and no contradiction on the way', async () => {
    const faults: readonly (Fault | undefined)[] = [
      undefined,
      { kind: 'cut', afterBytes: 2500 },
      undefined,
      { kind: 'status', code: 500 },
      { kind: 'watchError', code: 410, reason: 'Expired', afterEvents: 25 },
      { kind: 'status', code: 422, reason: 'Invalid' },
      { kind: 'stall', afterBytes: 4000 },
      { kind: 'reset' },
      { kind: 'status', code: 503 },
      { kind: 'answer', code: 200, contentType: 'application/json', body: '{"type":"ADDED","obj\n' },
    ];
    let state = 1;
    proxy.intercept(() => {
      state = (state * 48_271) % 0x7fff_ffff; // the minimal standard generator: the same storm each time
      return faults[state % faults.length];
    });
    watched = await watchConfigMaps({
      direct,
      client,
      namespace: 'stormy',
      pageSize: 3,
      readDeadlineMilliseconds: 250,
      backoff: { initialMilliseconds: 5, maximumMilliseconds: 50, factor: 2 },
    });
    const { disconnected } = watched;
    const wanted = ['connection', 'expired', 'read-deadline', 'broken-line', 'server-error'] as const;
    const until = systemClock.now() + 40_000;
    for (let round = 0; round < 400 || !wanted.every((reason) => disconnected.includes(reason)); round += 1) {
      if (systemClock.now() > until) break;
      await watched.put(`x${round % 10}`, `y${round % 7}`);
      await watched.remove(`x${round % 10}`);
      if (round % 100 === 50) wire.resetAll();
    }
    proxy.intercept(undefined);
    await watched.equalsFreshList();
    expect(watched.names()).toHaveLength(7);
    expect(disconnected).toEqual(expect.arrayContaining([...wanted]));
  });
});
