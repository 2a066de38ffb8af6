import { describe, expect, it } from 'vitest';
import { listAll } from './consistent-list.ts';
import type { KubeClient, KubeRequest } from './kube-client.ts';
import { KubeStatusError } from './kube-status-error.ts';

const kind = { group: 'a.io', version: 'v1', kind: 'Thing', plural: 'things' };
const expired = () => new KubeStatusError({ code: 410, reason: 'Expired', message: 'token' });

/** A client that gives these answers in turn. */
function clientOf(answers: readonly unknown[]) {
  const requests: KubeRequest[] = [];
  const left = [...answers];
  const client: Pick<KubeClient, 'request'> = {
    request: <Answer>(request: KubeRequest) => {
      requests.push(request);
      const answer = left.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as Answer);
    },
  };
  return { client: client as KubeClient, requests };
}

const page = (resourceVersion: string, names: readonly string[], token?: string) => ({
  metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) },
  items: names.map((name) => ({ metadata: { name } })),
});

describe('listAll', () => {
  it('joins the pages under the revision of the first', async () => {
    const { client, requests } = clientOf([page('7', ['a', 'b'], 'next'), page('9', ['c'])]);
    const list = await listAll(client, {
      kind,
      namespace: 'n',
      fieldSelector: 'f=1',
      labelSelector: 'l',
      pageSize: 2,
    });
    expect(list.resourceVersion).toBe('7');
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(requests).toMatchObject([
      {
        path: '/apis/a.io/v1/namespaces/n/things',
        query: { fieldSelector: 'f=1', labelSelector: 'l', limit: '2' },
      },
      { query: { fieldSelector: 'f=1', labelSelector: 'l', limit: '2', continue: 'next' } },
    ]);
    // A resourceVersion would permit an answer from a cache that is behind.
    for (const { query } of requests) expect(query).not.toHaveProperty('resourceVersion');
  });

  it('begins again when a continuation has expired, and mixes nothing', async () => {
    const { client } = clientOf([page('7', ['old'], 'next'), expired(), page('9', ['new'])]);
    const list = await listAll(client, { kind });
    expect(list.resourceVersion).toBe('9');
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['new']);
  });

  it('gives up when each continuation expires', async () => {
    const { client, requests } = clientOf(
      Array.from({ length: 9 }, () => [page('7', [], 'next'), expired()]).flat(),
    );
    await expect(listAll(client, { kind })).rejects.toMatchObject({ status: { code: 410 } });
    expect(requests).toHaveLength(10);
  });

  it('passes every other refusal on', async () => {
    const { client, requests } = clientOf([expired()]);
    await expect(listAll(client, { kind })).rejects.toMatchObject({ status: { code: 410 } });
    expect(requests).toHaveLength(1);
  });

  it('takes null for no items, as Go writes an empty list', async () => {
    const { client } = clientOf([{ metadata: { resourceVersion: '7' }, items: null }]);
    expect(await listAll(client, { kind })).toEqual({ items: [], resourceVersion: '7' });
  });

  it('asks for metadata alone', async () => {
    const { client, requests } = clientOf([page('7', [])]);
    await listAll(client, { kind, metadataOnly: true });
    expect(requests[0]?.accept).toBe('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
  });
});
