import { compareResourceVersions } from '../api/resource-version.ts';
import type { Clock } from './clock.ts';
import { listAll } from './consistent-list.ts';
import type { Delivery } from './delivery.ts';
import { createInitialList } from './initial-list.ts';
import type { KubeClient, KubeRequest } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { acceptHeader, type Selection, selectionRequest } from './selection.ts';
import { WatchError } from './watch-error.ts';
import { endsInitialEvents, type WatchEvent } from './watch-event.ts';
import { readWatchStream } from './watch-stream.ts';

/** One connection of a reflector: a consistent list, then what changes. */
export interface ListAndWatchOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly selection: Selection;
  readonly delivery: Delivery<T>;
  readonly transform: (item: T) => T;
  /** Aborting ends the connection with the signal's reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly readDeadlineMilliseconds: number;
  readonly maxLineBytes: number;
  readonly pageSize: number;
  /** How long the API server shall keep the watch open. */
  readonly watchSeconds: number;
  readonly onActivity: () => void;
  readonly onEvent: (type: WatchEvent<T>['type']) => void;
  /** The list was handed over and the watch is open. */
  readonly onCurrent: () => void;
}

/**
 * One watch whose first events are the list: nothing to page, nothing between list and watch. Source: KEP-3157.
 * Resolves when the API server ended the watch in order.
 */
export async function streamListAndWatch<T extends KubeObject>(
  options: ListAndWatchOptions<T>,
): Promise<void> {
  const { delivery } = options;
  let initial = createInitialList(options.transform);
  let listing = true;
  await watch(options, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }, (event) => {
    if (!listing) {
      deliver(delivery, event);
      return;
    }
    if (!endsInitialEvents(event)) {
      initial.take(event);
      return;
    }
    delivery.replaced(initial.items(), event.object.metadata.resourceVersion);
    listing = false;
    initial = createInitialList(options.transform); // so that the list is not held twice
    options.onCurrent();
  });
  if (listing)
    throw new WatchError('list-incomplete', 'The watch ended before its initial list was complete');
}

/**
 * A list in pages, then a watch from its revision: for API servers that cannot stream the list.
 * Resolves when the API server ended the watch in order.
 */
export async function pageListAndWatch<T extends KubeObject>(options: ListAndWatchOptions<T>): Promise<void> {
  const { client, selection, delivery, signal, pageSize } = options;
  const { items, resourceVersion } = await listAll<T>(client, {
    ...selection,
    signal,
    pageSize,
    timeoutMilliseconds: Math.min(30_000, options.readDeadlineMilliseconds),
  });
  options.onActivity();
  delivery.replaced(items.map(options.transform), resourceVersion);
  await watch(
    options,
    { resourceVersion },
    (event) => {
      deliver(delivery, event);
    },
    options.onCurrent,
  );
}

/** Whether an error says that this API server takes no `sendInitialEvents`. */
export function refusesStreamedList(error: unknown): boolean {
  // 422 Invalid with the feature gate off, 400 from API servers that validate otherwise.
  return error instanceof KubeStatusError && (error.status.code === 422 || error.status.code === 400);
}

function deliver<T extends KubeObject>(delivery: Delivery<T>, event: WatchEvent<T>): void {
  const { resourceVersion } = event.object.metadata;
  const seen = delivery.resourceVersion;
  if (event.type === 'BOOKMARK' && seen !== undefined && compareResourceVersions(resourceVersion, seen) < 0) {
    const what = `A bookmark says ${resourceVersion} after ${seen} was seen`;
    throw new WatchError('history-went-back', what);
  }
  delivery.event(event);
}

async function watch<T extends KubeObject>(
  options: ListAndWatchOptions<T>,
  from: Readonly<Record<string, string>>,
  onEvent: (event: WatchEvent<T>) => void,
  onOpen: () => void = () => {},
): Promise<void> {
  const { path, query } = selectionRequest(options.selection);
  const request: KubeRequest = {
    method: 'GET',
    path,
    query: {
      ...query,
      ...from,
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(options.watchSeconds),
    },
    accept: acceptHeader(options.selection, 'watch'),
  };
  await readWatchStream<T>({
    ...options,
    request,
    onOpen,
    onEvent(event) {
      options.onEvent(event.type);
      onEvent(event);
    },
  });
}
