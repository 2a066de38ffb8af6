import { type KubeObject, objectKey } from './kube-object.ts';
import type { ReflectorHandler } from './reflector-handler.ts';
import { createStoreIndex, type StoreIndex } from './store-index.ts';

/** Told of each change after the store and its indexes show it. A method that is absent is not called. */
export interface StoreListener<T extends KubeObject> {
  added?(item: T): void;
  /** Another uid under the same name is no update: it is removed, then added. */
  updated?(item: T, before: T): void;
  removed?(item: T): void;
}

/** How the items of a store can be found. */
export interface StoreOptions<T extends KubeObject, IndexName extends string> {
  /** For each index, the keys under which an item is found; none, one, or several. */
  readonly indexes?: Readonly<Record<IndexName, (item: T) => readonly string[]>>;
}

/** The selected objects as a reflector last told them. Items are shared: nobody may change one. */
export interface Store<T extends KubeObject, IndexName extends string = never> extends ReflectorHandler<T> {
  /** `namespace` is undefined for kinds that live in none. */
  get(namespace: string | undefined, name: string): T | undefined;
  list(): readonly T[];
  byIndex(index: IndexName, key: string): readonly T[];
  /** The function it returns ends the subscription. What is there already is not told. */
  subscribe(listener: StoreListener<T>): () => void;
  readonly size: number;
  /** Everything up to here is in the store. */
  readonly resourceVersion: string | undefined;
}

/**
 * A cache to hand to a reflector. A listener that throws keeps neither the store from its state nor the others
 * from being told; what it threw then reaches the reflector as one AggregateError, which logs and counts it.
 */
export function createStore<T extends KubeObject, IndexName extends string = never>(
  options: StoreOptions<T, IndexName> = {},
): Store<T, IndexName> {
  const indexes = new Map<string, StoreIndex<T>>();
  for (const [name, keysOf] of Object.entries<(item: T) => readonly string[]>(options.indexes ?? {})) {
    indexes.set(name, createStoreIndex(keysOf));
  }
  return new IndexedStore<T, IndexName>(indexes);
}

class IndexedStore<T extends KubeObject, IndexName extends string> implements Store<T, IndexName> {
  resourceVersion: string | undefined;
  readonly #indexes: ReadonlyMap<string, StoreIndex<T>>;
  readonly #listeners = new Set<StoreListener<T>>();
  #items = new Map<string, T>();

  constructor(indexes: ReadonlyMap<string, StoreIndex<T>>) {
    this.#indexes = indexes;
  }

  get size(): number {
    return this.#items.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#items.get(objectKey({ name, ...(namespace === undefined ? {} : { namespace }) }));
  }

  list(): readonly T[] {
    return [...this.#items.values()];
  }

  byIndex(index: IndexName, key: string): readonly T[] {
    return this.#indexes.get(index)?.get(key) ?? [];
  }

  subscribe(listener: StoreListener<T>): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  replaced(items: readonly T[], resourceVersion: string): void {
    const before = this.#items;
    const after = new Map(items.map((item) => [objectKey(item.metadata), item]));
    // A failing key function must leave the state that was there.
    const rebuilds = [...this.#indexes.values()].map((index) => index.prepared(items));
    this.#items = after;
    for (const rebuild of rebuilds) rebuild();
    this.resourceVersion = resourceVersion;
    this.#tellAll(changes(before, after));
  }

  added(item: T): void {
    this.#put(item);
  }

  modified(item: T): void {
    this.#put(item);
  }

  deleted(item: T): void {
    const key = objectKey(item.metadata);
    const before = this.#items.get(key);
    this.resourceVersion = item.metadata.resourceVersion;
    if (before === undefined) return;
    this.#items.delete(key);
    for (const index of this.#indexes.values()) index.remove(before);
    this.#tellAll([{ before, after: undefined }]);
  }

  progressed(resourceVersion: string): void {
    this.resourceVersion = resourceVersion;
  }

  #put(item: T): void {
    const key = objectKey(item.metadata);
    const before = this.#items.get(key);
    for (const index of this.#indexes.values()) index.put(item, before);
    this.#items.set(key, item);
    this.resourceVersion = item.metadata.resourceVersion;
    this.#tellAll([{ before, after: item }]);
  }

  #tellAll(changed: Iterable<Change<T>>): void {
    if (this.#listeners.size === 0) return;
    const errors: unknown[] = [];
    for (const change of changed) {
      for (const listener of this.#listeners) {
        try {
          tell(listener, change);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'A listener of the store threw');
  }
}

interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

function tell<T extends KubeObject>(listener: StoreListener<T>, { before, after }: Change<T>): void {
  const same = before !== undefined && before.metadata.uid === after?.metadata.uid;
  if (same && after !== undefined) {
    listener.updated?.(after, before);
    return;
  }
  if (before !== undefined) listener.removed?.(before);
  if (after !== undefined) listener.added?.(after);
}

/** Removals come first, so that a name or an index key that moved is free when it is taken again. */
function* changes<T extends KubeObject>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): Generator<Change<T>> {
  for (const [key, item] of before) if (!after.has(key)) yield { before: item, after: undefined };
  for (const [key, item] of after) {
    const old = before.get(key);
    const unchanged =
      old?.metadata.uid === item.metadata.uid &&
      old.metadata.resourceVersion === item.metadata.resourceVersion;
    if (!unchanged) yield { before: old, after: item };
  }
}
