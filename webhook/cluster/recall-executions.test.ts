import { describe, expect, it } from 'vitest';
import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';
import { recallExecutions } from './recall-executions.ts';

function page(names: readonly string[], next: string) {
  return {
    items: names.map((name) => ({
      metadata: { namespace: 'n', name, uid: `uid-${name}`, resourceVersion: '7' },
    })),
    metadata: { continue: next },
  };
}

function clientOf(pages: readonly object[]) {
  const requests: KubeRequest[] = [];
  const client: Pick<KubeClient, 'request'> = {
    async request<Answer>(request: KubeRequest) {
      requests.push(request);
      return pages[requests.length - 1] as Answer;
    },
  };
  return { client: client as KubeClient, requests };
}

describe('a replica that starts', () => {
  it('is told of all executions, page by page, settled ones too', async () => {
    const { client, requests } = clientOf([page(['a', 'b'], 'more'), page(['c'], '')]);
    const told: string[] = [];
    await recallExecutions(client, ({ name }) => told.push(name), 1_000, AbortSignal.timeout(1_000));
    expect(told).toEqual(['a', 'b', 'c']);
    expect(requests.map(({ query }) => query)).toEqual([
      { limit: '500' },
      { limit: '500', continue: 'more' },
    ]);
    expect(requests.every(({ query }) => query?.['fieldSelector'] === undefined)).toBe(true);
  });

  it('stops where it could not remember more', async () => {
    const { client, requests } = clientOf([page(['a', 'b'], 'more'), page(['c'], '')]);
    await recallExecutions(client, () => undefined, 2, AbortSignal.timeout(1_000));
    expect(requests).toHaveLength(1);
  });
});
