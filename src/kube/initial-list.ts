import { type KubeObject, objectKey } from './kube-object.ts';
import type { WatchEvent } from './watch-event.ts';

/** The initial list of a streaming watch while it is built, aside from what is in use. */
export interface InitialList<T extends KubeObject> {
  /** Takes an event that came before the end of the initial ones. */
  take(event: WatchEvent<T>): void;
  items(): readonly T[];
}

/** @param transform applied to each object at once, so that what it drops is never held for all of them */
export function createInitialList<T extends KubeObject>(transform: (item: T) => T): InitialList<T> {
  const items = new Map<string, T>();
  return {
    take({ type, object }) {
      if (type === 'BOOKMARK') return;
      const key = objectKey(object.metadata);
      if (type === 'DELETED') items.delete(key);
      else items.set(key, transform(object));
    },
    items: () => [...items.values()],
  };
}
