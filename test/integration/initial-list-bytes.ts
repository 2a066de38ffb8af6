import type { ResourceKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

/** The bytes of the initial list that a replica's watch of a kind's metadata starts with now. */
export async function initialListBytes(
  client: KubeClient,
  kind: ResourceKind,
  fieldSelector: string,
): Promise<number> {
  const stopping = new AbortController();
  const stream = await client.stream({
    method: 'GET',
    path: resourcePath(kind),
    query: {
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      fieldSelector,
    },
    accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    signal: stopping.signal,
  });
  let text = '';
  for await (const chunk of stream) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.includes('k8s.io/initial-events-end') && text.endsWith('\n')) break;
  }
  stopping.abort();
  return text.length;
}
