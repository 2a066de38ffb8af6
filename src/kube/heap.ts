/** A set of items of which the first, by an order, can be had at any time. */
export interface Heap<T> {
  readonly size: number;
  peek(): T | undefined;
  pop(): T | undefined;
  push(item: T): void;
  /** False when the item is not in it. */
  delete(item: T): boolean;
}

/**
 * A binary heap that knows where each item is, so that one can be taken out of its middle. The order of an item
 * must not change while it is in.
 *
 * @param before true when `a` comes before `b`
 */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];
  const places = new Map<T, number>();

  function put(item: T, place: number): void {
    items[place] = item;
    places.set(item, place);
  }

  function rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = items[parentPlace];
      if (parent === undefined || !before(item, parent)) break;
      put(parent, place);
      place = parentPlace;
    }
    put(item, place);
  }

  function sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      const left = items[2 * place + 1];
      const right = items[2 * place + 2];
      if (left === undefined) break;
      const goesRight = right !== undefined && before(right, left);
      const child = goesRight ? right : left;
      if (!before(child, item)) break;
      put(child, place);
      place = 2 * place + (goesRight ? 2 : 1);
    }
    put(item, place);
  }

  function remove(item: T): boolean {
    const place = places.get(item);
    if (place === undefined) return false;
    places.delete(item);
    const last = items.pop();
    if (last === undefined || last === item) return true;
    // What fills the gap may belong above it or below it.
    rise(last, place);
    sink(last, places.get(last) ?? place);
    return true;
  }

  return {
    get size() {
      return items.length;
    },
    peek: () => items[0],
    pop() {
      const first = items[0];
      if (first !== undefined) remove(first);
      return first;
    },
    push(item) {
      rise(item, items.length);
    },
    delete: remove,
  };
}
