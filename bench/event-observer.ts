import type { ResourceKind } from '../src/api/names.ts';
import { listAll } from '../src/kube/consistent-list.ts';
import type { KubeClient } from '../src/kube/kube-client.ts';
import type { KubeObject } from '../src/kube/kube-object.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { parseWatchEvent } from '../src/kube/watch-event.ts';
import { createLineSplitter } from '../src/kube/watch-lines.ts';

/** An object with a phase, as a watch shows it. */
export interface PhasedObject extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** An event, and when it came: `performance.now()` of this process. */
export interface SeenEvent {
  readonly at: number;
  readonly type: string;
  readonly object: PhasedObject;
}

/** A plain watch of one kind in all namespaces; it shares nothing with the caches that are measured. */
export interface EventObserver {
  /** Called with each event; the function it returns ends that. */
  subscribe(listener: (event: SeenEvent) => void): () => void;
  /** The first event from now on for which this holds. Rejects after two minutes. */
  first(holds: (event: SeenEvent) => boolean): Promise<SeenEvent>;
  stop(): void;
}

const patienceMilliseconds = 120_000;

/** Watches from now on. */
export async function observeEvents(client: KubeClient, kind: ResourceKind): Promise<EventObserver> {
  let { resourceVersion } = await listAll<PhasedObject>(client, { kind });
  const listeners = new Set<(event: SeenEvent) => void>();
  const stopping = new AbortController();

  const open = () =>
    client.stream({
      method: 'GET',
      path: resourcePath(kind),
      // Longer than any part takes.
      query: { watch: 'true', resourceVersion, timeoutSeconds: '7200' },
      signal: stopping.signal,
    });

  async function follow(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const split = createLineSplitter(16 * 1024 * 1024);
    for await (const chunk of stream) {
      const at = performance.now();
      for (const line of split(chunk)) {
        const { type, object } = parseWatchEvent<PhasedObject>(line);
        ({ resourceVersion } = object.metadata);
        for (const listener of listeners) listener({ at, type, object });
      }
    }
  }

  // The API server ends the watches of a kind while it takes up its definition.
  async function followAll(first: AsyncIterable<Uint8Array>): Promise<void> {
    await follow(first);
    while (!stopping.signal.aborted) await follow(await open());
  }
  followAll(await open()).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });

  function subscribe(listener: (event: SeenEvent) => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  return {
    subscribe,
    first(holds) {
      const { promise, resolve, reject } = Promise.withResolvers<SeenEvent>();
      const timer = setTimeout(() => reject(new Error('an event was awaited in vain')), patienceMilliseconds);
      const unsubscribe = subscribe((event) => {
        if (!holds(event)) return;
        clearTimeout(timer);
        unsubscribe();
        resolve(event);
      });
      return promise;
    },
    stop: () => stopping.abort(),
  };
}
