import { describe, expect, it } from 'vitest';
import { KubePathError } from '../../src/kube/kube-path-error.ts';
import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { type FakeKube, fakeKube } from './fake-kube.ts';

const settings = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop', labels: { app: 'shop', tier: 'front' } },
  data: { colour: 'red' },
};
const maps = '/api/v1/namespaces/shop/configmaps';
const path = `${maps}/settings`;

interface ConfigMap {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
  readonly data?: Readonly<Record<string, string>>;
}

function names(answer: unknown): readonly string[] {
  return (answer as { items: readonly ConfigMap[] }).items.map(({ metadata }) => metadata.name);
}

function put(kube: FakeKube, data: object, metadata: object = {}, query = {}): Promise<ConfigMap> {
  const body = { ...settings, metadata: { ...settings.metadata, ...metadata }, data };
  return kube.request({ method: 'PUT', path, body, query });
}

describe('the objects of a fake', () => {
  it.each([
    ['', ['other', 'settings']],
    ['app=shop', ['settings']],
    ['app', ['settings']],
    ['!app', ['other']],
    ['app!=shop', ['other']],
    ['app in (shop, x),tier=front', ['settings']],
    ['app notin (shop)', ['other']],
  ])('are listed by labels: %j', async (labelSelector, expected) => {
    const other = { ...settings, metadata: { name: 'other', namespace: 'shop' } };
    const kube = fakeKube({ objects: [settings, other] });
    const request = { method: 'GET', path: maps, query: { labelSelector } } as const;
    expect(names(await kube.request(request))).toEqual(expected);
  });

  it('are listed by fields and namespaces', async () => {
    const pod = (name: string, namespace: string, nodeName: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace },
      spec: { nodeName },
    });
    const kube = fakeKube({
      objects: [pod('a', 'shop', 'n1'), pod('b', 'bank', 'n1'), pod('c', 'shop', 'n2')],
    });
    const list = async (path: string, fieldSelector: string) =>
      names(await kube.request({ method: 'GET', path, query: { fieldSelector } }));
    expect(await list('/api/v1/pods', 'spec.nodeName=n1')).toEqual(['b', 'a']);
    expect(await list('/api/v1/namespaces/shop/pods', 'spec.nodeName!=n1')).toEqual(['c']);
  });

  it('keep their resourceVersion when nothing changes, and refuse a write made from an older one', async () => {
    const kube = fakeKube({ objects: [settings] });
    const first = await put(kube, { colour: 'blue' });
    expect((await put(kube, { colour: 'blue' })).metadata.resourceVersion).toBe(
      first.metadata.resourceVersion,
    );
    await put(kube, { colour: 'green' }, { resourceVersion: first.metadata.resourceVersion });
    const stale = put(kube, { colour: 'red' }, { resourceVersion: first.metadata.resourceVersion });
    await expect(stale).rejects.toMatchObject({ status: { code: 409, reason: 'Conflict' } });
  });

  it('wait for their finalizers when deleted', async () => {
    const kube = fakeKube({ objects: [settings] });
    await put(kube, {}, { finalizers: ['a/b'] });
    await kube.request({ method: 'DELETE', path });
    expect((await kube.request<ConfigMap>({ method: 'GET', path })).metadata.deletionTimestamp).toBeDefined();
    await put(kube, {}, { finalizers: [] });
    expect(kube.objects('ConfigMap')).toEqual([]);
  });

  it('are not changed by a dry run', async () => {
    const kube = fakeKube({ objects: [settings] });
    const answer = await put(kube, { colour: 'blue' }, {}, { dryRun: 'All' });
    expect(answer.data).toEqual({ colour: 'blue' });
    expect(kube.object('ConfigMap', 'settings', 'shop')).toMatchObject({ data: { colour: 'red' } });
    expect(kube.writes).toEqual([]);
  });

  it('belong to the fake: what was sent, or answered, can be changed without harm', async () => {
    const body = structuredClone(settings);
    const kube = fakeKube();
    const answer = await kube.request<{ data: Record<string, string> }>({ method: 'POST', path: maps, body });
    body.data.colour = answer.data['colour'] = 'black';
    expect(kube.object('ConfigMap', 'settings', 'shop')).toMatchObject({ data: { colour: 'red' } });
  });

  it('have a scale and evictions where the API server has them', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { replicas: 2 },
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop' } };
    const kube = fakeKube({ objects: [deployment, pod] });
    const scale = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
    const contentType = 'application/merge-patch+json';
    await kube.request({ method: 'PATCH', path: scale, body: { spec: { replicas: 5 } }, contentType });
    expect(kube.object('Deployment', 'web', 'shop')).toMatchObject({
      spec: { replicas: 5 },
      metadata: { generation: 2 },
    });
    await kube.request({ method: 'POST', path: '/api/v1/namespaces/shop/pods/web-1/eviction', body: {} });
    expect(kube.objects('Pod')).toEqual([]);
  });
});

describe('server-side apply on a fake', () => {
  const apply = (kube: FakeKube, manager: string, data: object, query = {}): Promise<ConfigMap> =>
    kube.request({
      method: 'PATCH',
      path,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data },
      query: { fieldManager: manager, ...query },
      contentType: 'application/apply-patch+yaml',
    });

  it('creates, and removes what its manager applies no more, but nothing of others', async () => {
    const kube = fakeKube();
    await apply(kube, 'one', { a: '1', b: '1' });
    await apply(kube, 'two', { c: '2' });
    expect((await apply(kube, 'one', { a: '1' })).data).toEqual({ a: '1', c: '2' });
  });

  it('refuses to change what another has set, unless forced', async () => {
    const kube = fakeKube({ objects: [settings] });
    await expect(apply(kube, 'one', { colour: 'blue' })).rejects.toMatchObject({
      status: {
        code: 409,
        reason: 'Conflict',
        details: { causes: [{ reason: 'FieldManagerConflict', field: '.data.colour' }] },
      },
    });
    expect((await apply(kube, 'one', { colour: 'blue' }, { force: 'true' })).data).toEqual({
      colour: 'blue',
    });
  });
});

describe('a watch of a fake', () => {
  it('tells what is there, then what changes, and ends with its signal', async () => {
    const kube = fakeKube({ objects: [settings] });
    const stop = new AbortController();
    const query = { watch: 'true', labelSelector: 'app=shop' };
    const stream = await kube.stream({ method: 'GET', path: maps, query, signal: stop.signal });
    const types: string[] = [];
    for await (const chunk of stream) {
      types.push((JSON.parse(Buffer.from(chunk).toString()) as { type: string }).type);
      if (types.length === 1) await put(kube, { colour: 'blue' });
      // An object that leaves the selection is gone for the watch.
      if (types.length === 2) kube.put({ ...settings, metadata: { ...settings.metadata, labels: {} } });
      if (types.length === 3) stop.abort();
    }
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });
});

describe('faults of a fake', () => {
  const write: KubeRequest = { method: 'DELETE', path };

  it.each([
    [{ kind: 'refuse', code: 503, reason: 'ServiceUnavailable' }, { status: { code: 503 } }, 1],
    [{ kind: 'unreachable' }, { reason: 'unreachable' }, 1],
    [{ kind: 'loseAnswer' }, { reason: 'broken' }, 0],
  ] as const)('%j: what the caller sees, and what is left', async (fault, seen, left) => {
    const kube = fakeKube({ objects: [settings] });
    kube.intercept(({ method }) => (method === 'DELETE' ? fault : undefined));
    await expect(kube.request(write)).rejects.toMatchObject(seen);
    expect(kube.objects('ConfigMap')).toHaveLength(left);
    expect(kube.writes).toEqual([write]);
  });

  it('no fault, but an error as of the real client: a path that may mean another resource', async () => {
    const kube = fakeKube({ objects: [settings] });
    for (const path of [`${maps}?labelSelector=a`, `${maps}/`, `${maps}/../secrets/a`, `${maps}/a%2Fb`]) {
      await expect(kube.request({ method: 'DELETE', path })).rejects.toThrow(KubePathError);
      await expect(kube.stream({ method: 'GET', path })).rejects.toThrow(KubePathError);
    }
    expect(kube.requests).toEqual([]);
  });

  it('a closed client sends nothing', async () => {
    const kube = fakeKube();
    kube.close();
    await expect(kube.request(write)).rejects.toMatchObject({ reason: 'closed' });
    expect(kube.requests).toEqual([]);
  });
});
