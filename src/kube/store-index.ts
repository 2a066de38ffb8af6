/** One index of a store: the items under each key. */
export interface StoreIndex<T> {
  get(key: string): readonly T[];
  /** Takes `item` in, in the place of `before`. Unchanged when the key function throws. */
  put(item: T, before: T | undefined): void;
  remove(item: T): void;
  /** Computes an index of these items alone; the function it returns puts it into use. */
  prepared(items: readonly T[]): () => void;
}

export function createStoreIndex<T>(keysOf: (item: T) => readonly string[]): StoreIndex<T> {
  let entries = new Map<string, Set<T>>();

  function insert(into: Map<string, Set<T>>, item: T, keys: readonly string[]): void {
    for (const key of keys) {
      const found = into.get(key);
      if (found === undefined) into.set(key, new Set([item]));
      else found.add(item);
    }
  }

  function remove(item: T): void {
    for (const key of keysOf(item)) {
      const found = entries.get(key);
      if (found?.delete(item) === true && found.size === 0) entries.delete(key);
    }
  }

  return {
    get: (key) => [...(entries.get(key) ?? [])],
    put(item, before) {
      const keys = keysOf(item);
      if (before !== undefined) remove(before);
      insert(entries, item, keys);
    },
    remove,
    prepared(items) {
      const prepared = new Map<string, Set<T>>();
      for (const item of items) insert(prepared, item, keysOf(item));
      return () => {
        entries = prepared;
      };
    },
  };
}
