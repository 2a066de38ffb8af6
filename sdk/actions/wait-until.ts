import { createBackoff } from '../../src/kube/backoff.ts';
import { listAll } from '../../src/kube/consistent-list.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { type Selection, selectionRequest } from '../../src/kube/selection.ts';
import { readWatchStream } from '../../src/kube/watch-stream.ts';
import type { Pace } from './pace.ts';

export interface WaitOptions {
  readonly kube: KubeClient;
  readonly selection: Selection;
  readonly signal: AbortSignal;
  readonly pace: Pace;
}

/**
 * Looks at the selected objects after a list and after each change, by one watch and not by asking again and again,
 * until `look` finds something. An API server that is away is waited for.
 * @throws KubeStatusError where the API server refuses to list or to watch; the signal's reason
 */
// Who calls says which fields it reads.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export async function waitUntil<T extends KubeObject, Found>(
  { kube, selection, signal, pace: { clock, random } }: WaitOptions,
  look: (items: readonly T[]) => Found | undefined,
): Promise<Found> {
  const backoff = createBackoff({ initialMilliseconds: 200, maximumMilliseconds: 10_000, factor: 2 }, random);
  for (;;) {
    try {
      const { items, resourceVersion } = await listAll<T>(kube, { ...selection, signal });
      const atOnce = look(items);
      if (atOnce !== undefined) return atOnce;
      const later = await watchUntil(
        { kube, selection, signal, pace: { clock, random } },
        items,
        resourceVersion,
        look,
      );
      if (later !== undefined) return later;
      backoff.reset();
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
    }
    await clock.sleep(backoff.next(), signal);
  }
}

/** Undefined when the watch ended before anything was found. */
async function watchUntil<T extends KubeObject, Found>(
  { kube, selection, signal, pace: { clock } }: WaitOptions,
  items: readonly T[],
  resourceVersion: string,
  look: (items: readonly T[]) => Found | undefined,
): Promise<Found | undefined> {
  const known = new Map(items.map((item) => [item.metadata.uid, item]));
  const over = new AbortController();
  let found: Found | undefined;
  const { path, query } = selectionRequest(selection);
  try {
    await readWatchStream<T>({
      client: kube,
      request: {
        method: 'GET',
        path,
        query: {
          ...query,
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion,
          timeoutSeconds: '1800',
        },
      },
      signal: AbortSignal.any([signal, over.signal]),
      clock,
      readDeadlineMilliseconds: 75_000,
      maxLineBytes: 16 * 1024 * 1024,
      onOpen() {},
      onActivity() {},
      onEvent({ type, object }) {
        if (type === 'BOOKMARK') return;
        if (type === 'DELETED') known.delete(object.metadata.uid);
        else known.set(object.metadata.uid, object);
        found = look([...known.values()]);
        if (found !== undefined) over.abort();
      },
    });
  } catch (error) {
    if (found === undefined) throw error;
  }
  return found;
}

/** 410: what the watch wanted to resume is too old; a new list repairs it. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof KubeStatusError)) return true;
  const { code } = error.status;
  return code >= 500 || code === 429 || code === 410;
}
