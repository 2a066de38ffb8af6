import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ResourceKind } from '../api/names.ts';
import { type ControlPlane, startControlPlane } from '../../test/cluster/control-plane.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../test/cluster/faulty-http-proxy.ts';
import { listAll } from './consistent-list.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import { type Reflector, startReflector } from './reflector.ts';
import { resourcePath } from './resource-path.ts';
import { createStore, type Store } from './store.ts';

const jobs: ResourceKind = { group: 'test.io', version: 'v1', kind: 'Job', plural: 'jobs' };
const selection = {
  kind: jobs,
  namespace: 'default',
  fieldSelector: 'status.phase!=done,status.phase!=failed',
  metadataOnly: true,
} as const;

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'jobs.test.io' },
  spec: {
    group: 'test.io',
    scope: 'Namespaced',
    names: { kind: 'Job', plural: 'jobs', singular: 'job', listKind: 'JobList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
        subresources: { status: {} },
        selectableFields: [{ jsonPath: '.status.phase' }],
      },
    ],
  },
};

let controlPlane: ControlPlane;
let proxy: FaultyHttpProxy;
let client: KubeClient;
let throughProxy: KubeClient;
let reflector: Reflector;
let store: Store<KubeObject>;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  proxy = await startFaultyHttpProxy(controlPlane);
  client = createKubeClient(controlPlane.kubeConfig());
  throughProxy = createKubeClient(proxy.kubeConfig());
  await client.request({
    method: 'POST',
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    body: definition,
  });
  await vi.waitFor(() => client.request({ method: 'GET', path: resourcePath(jobs) }), { timeout: 20_000 });
});
beforeEach(() => {
  store = createStore<KubeObject>();
});
afterEach(async () => {
  await reflector.stop();
  proxy.intercept(undefined);
  await client.request({ method: 'DELETE', path: resourcePath(jobs, { namespace: 'default' }) });
});
afterAll(async () => {
  client.close();
  throughProxy.close();
  await proxy.close();
  await controlPlane.stop();
});

async function create(name: string): Promise<void> {
  await client.request({
    method: 'POST',
    path: resourcePath(jobs, { namespace: 'default' }),
    body: { apiVersion: 'test.io/v1', kind: 'Job', metadata: { name }, spec: { secret: 'of the spec' } },
  });
}

async function setPhase(name: string, phase: string): Promise<void> {
  await client.request({
    method: 'PATCH',
    path: resourcePath(jobs, { namespace: 'default', name, subresource: 'status' }),
    contentType: 'application/merge-patch+json',
    body: { status: { phase } },
  });
}

const names = (): readonly string[] => store.list().map(({ metadata }) => metadata.name);

describe.each([
  ['streams', undefined],
  ['pages', { kind: 'status', code: 422, reason: 'Invalid' } as const],
])('a reflector that %s a selection of metadata', (_, fault) => {
  beforeEach(async () => {
    proxy.intercept(({ query }) => (query.has('sendInitialEvents') ? fault : undefined));
    for (const name of ['a', 'b', 'c']) await create(name);
    await setPhase('a', 'done');
    reflector = startReflector<KubeObject>({ ...selection, client: throughProxy, handler: store });
    await reflector.synced();
  });

  it('has what is selected, without specs', () => {
    expect(names()).toEqual(['b', 'c']);
    expect(JSON.stringify(store.list())).not.toContain('of the spec');
  });

  it('is told of a deletion when an object leaves the selection, with the resourceVersion of that change', async () => {
    const removed: string[] = [];
    store.subscribe({ removed: ({ metadata }) => removed.push(metadata.name) });
    await vi.waitFor(() => expect(reflector.connected).toBe(true), { timeout: 20_000 });
    await setPhase('b', 'running');
    await setPhase('b', 'failed');
    const { metadata } = await client.request<KubeObject>({
      method: 'GET',
      path: resourcePath(jobs, { namespace: 'default', name: 'b' }),
    });
    await vi.waitFor(() => expect(removed).toEqual(['b']), { timeout: 20_000 });
    expect(reflector.resourceVersion).toBe(metadata.resourceVersion);
    await client.request({ method: 'DELETE', path: resourcePath(jobs, { namespace: 'default', name: 'c' }) });
    await vi.waitFor(() => expect(removed).toEqual(['b', 'c']), { timeout: 20_000 });
    expect(names()).toEqual([]);
  });

  it('lists with each start what was written just before it', async () => {
    for (let round = 0; round < 20; round += 1) {
      await reflector.stop();
      store = createStore<KubeObject>();
      await create(`new-${round}`);
      reflector = startReflector<KubeObject>({ ...selection, client: throughProxy, handler: store });
      await reflector.synced();
      expect(names()).toContain(`new-${round}`);
    }
    const fresh = await listAll(client, selection);
    expect(store.size).toBe(fresh.items.length);
  });
});
