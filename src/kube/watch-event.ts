import type { KubeObject } from './kube-object.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { isStatus } from './status-of-answer.ts';
import { WatchError } from './watch-error.ts';

/** One event of a watch. A bookmark's object has a resourceVersion and, at most, annotations. */
export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

const types: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/**
 * The event in one line of a watch.
 * @throws KubeStatusError for an ERROR event: the API server ends the watch with it
 * @throws WatchError `broken-line` for anything else that is no event
 */
export function parseWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  let event: Partial<WatchEvent<T>> | null;
  try {
    event = JSON.parse(line) as Partial<WatchEvent<T>> | null;
  } catch (error) {
    throw new WatchError('broken-line', 'A line of the watch is no JSON', { cause: error });
  }
  const type: string | undefined = event?.type;
  if (type === 'ERROR') throw statusErrorOf(event?.object);
  if (
    type === undefined ||
    !types.has(type) ||
    typeof event?.object?.metadata?.resourceVersion !== 'string'
  ) {
    throw new WatchError('broken-line', 'A line of the watch is no event');
  }
  return event as WatchEvent<T>;
}

/** True for the bookmark that ends a streamed initial list. Source: KEP-3157. */
export function endsInitialEvents(event: WatchEvent<KubeObject>): boolean {
  return (
    event.type === 'BOOKMARK' && event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true'
  );
}

function statusErrorOf(object: unknown): KubeStatusError {
  const status = isStatus(object) ? object : undefined;
  return new KubeStatusError({
    code: status?.code ?? 500,
    reason: status?.reason || 'Unknown',
    message: status?.message ?? 'The watch ended with an error',
    ...(status?.details === undefined ? {} : { details: status.details }),
  });
}
