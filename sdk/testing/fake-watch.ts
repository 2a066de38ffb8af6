import type { AddressedResource } from './addressed-resource.ts';
import { collectionOf, type FakeObjects, type ObjectChange, type StoredObject } from './fake-objects.ts';
import { fitsFields, fitsLabels } from './selectors.ts';

type Query = Readonly<Record<string, string>>;

/** Does an object belong to what a list or a watch asks for? */
export function isSelected(object: StoredObject, place: AddressedResource, query: Query): boolean {
  return (
    (place.namespace === undefined || object.metadata.namespace === place.namespace) &&
    fitsLabels(object.metadata.labels ?? {}, query['labelSelector'] ?? '') &&
    fitsFields(object, query['fieldSelector'] ?? '')
  );
}

/** A watch, as lines of JSON, from now on. It ends with the signal, or when its reader leaves. */
export function watchObjects(
  objects: FakeObjects,
  place: AddressedResource,
  query: Query,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const lines: Uint8Array[] = [];
  let wake = (): void => {};
  const line = (type: string, object: object): void => {
    lines.push(Buffer.from(`${JSON.stringify({ type, object })}\n`));
    wake();
  };
  const tell = (change: ObjectChange): void => {
    const event = eventOf(change, place, query);
    if (event !== undefined) line(event.type, event.object);
  };
  const isFromNow = (query['resourceVersion'] ?? '') === '';
  if (query['sendInitialEvents'] === 'true' || isFromNow) {
    for (const object of objects.list(collectionOf(place))) {
      if (isSelected(object, place, query)) line('ADDED', object);
    }
    if (query['sendInitialEvents'] === 'true') line('BOOKMARK', initialEventsEnd(objects.resourceVersion));
  } else {
    const since = Number(query['resourceVersion']);
    for (const change of objects.changes) if (change.resourceVersion > since) tell(change);
  }
  const unsubscribe = objects.subscribe(tell);
  signal.addEventListener('abort', () => wake(), { once: true });
  return linesUntil(signal, lines, (resolve) => void (wake = resolve), unsubscribe);
}

async function* linesUntil(
  signal: AbortSignal,
  lines: Uint8Array[],
  onNews: (wake: () => void) => void,
  leave: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      onNews(resolve);
      const line = lines.shift();
      if (line === undefined) await promise;
      else yield line;
    }
  } finally {
    leave();
  }
}

/** What a watch tells of a change: an object that leaves the selection is gone for it. */
function eventOf(change: ObjectChange, place: AddressedResource, query: Query) {
  if (change.collection !== collectionOf(place)) return undefined;
  const was = change.before !== undefined && isSelected(change.before, place, query);
  const is = change.after !== undefined && isSelected(change.after, place, query);
  const object = is ? change.after : change.before;
  if (object === undefined || !(was || is)) return undefined;
  const resourceVersion = String(change.resourceVersion);
  return {
    type: is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED',
    object: { ...object, metadata: { ...object.metadata, resourceVersion } },
  };
}

/** Source: "Streaming lists" of the Kubernetes API concepts. */
function initialEventsEnd(resourceVersion: string): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { metadata: { resourceVersion, annotations, creationTimestamp: null } };
}
