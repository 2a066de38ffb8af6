import type { KubeClient } from '../src/kube/kube-client.ts';

/** Writes that an API server has answered with success, by `resource/subresource`; Leases, Events and reviews apart. */
export type WriteCounts = ReadonlyMap<string, number>;

const writeVerbs = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);

/** Questions to the API server that are sent as a POST and store nothing. */
const reviews = /reviews$/;

/** Reads its own metrics. */
export async function countWrites(client: KubeClient): Promise<WriteCounts> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of await client.stream({ method: 'GET', path: '/metrics' })) {
    text += decoder.decode(chunk, { stream: true });
  }
  const counts = new Map<string, number>();
  for (const [, labels = '', value] of text.matchAll(/^apiserver_request_total\{(.*)\} (\d+)$/gm)) {
    const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
    const resource = label('resource');
    if (!writeVerbs.has(label('verb')) || !label('code').startsWith('2') || label('dry_run') !== '') continue;
    if (resource === 'leases' || resource === 'events' || reviews.test(resource)) continue;
    const key = label('subresource') === '' ? resource : `${resource}/${label('subresource')}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(value));
  }
  return counts;
}

/** What came between two counts. */
export function writesBetween(before: WriteCounts, after: WriteCounts): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...after]
      .map(([key, count]): [string, number] => [key, count - (before.get(key) ?? 0)])
      .filter(([, count]) => count > 0),
  );
}
