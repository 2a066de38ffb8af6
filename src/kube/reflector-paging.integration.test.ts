import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { watchConfigMaps } from '../../test/builders/watched-config-maps.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';

let controlPlane: ControlPlane;
let direct: KubeClient;
const codes: number[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane({
    controllerManager: false,
    apiServerFlags: ['--feature-gates=WatchList=false'],
  });
  direct = createKubeClient(controlPlane.kubeConfig(), { onResponse: ({ code }) => codes.push(code) });
});
afterAll(async () => {
  direct.close();
  await controlPlane.stop();
});

it('a reflector follows a real API server that cannot stream lists', async () => {
  const watched = await watchConfigMaps({ direct, client: direct, namespace: 'paged', pageSize: 2 });
  try {
    await watched.put('a', 'b', 'c', 'd', 'e');
    await watched.reflector.synced();
    await watched.equalsFreshList();
    expect(codes).toContain(422);
    // The list was there before the watch that goes on from it.
    await vi.waitFor(() => expect(watched.reflector.connected).toBe(true), { timeout: 20_000 });
    await controlPlane.restartApiServer();
    await watched.remove('a', 'e');
    await watched.put('b', 'f');
    await watched.equalsFreshList();
    await vi.waitFor(() => expect(watched.reflector.connected).toBe(true), { timeout: 20_000 });
    await watched.put('live');
    await watched.equalsFreshList();
    expect(watched.names()).toEqual(['b', 'c', 'd', 'f', 'live']);
  } finally {
    await watched.reflector.stop();
  }
});
