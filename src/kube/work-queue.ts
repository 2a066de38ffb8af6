import { type Backoff, type BackoffPolicy, createBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { createHeap } from './heap.ts';

/** Wait after one failure of a key, two, three, … Source: controller-runtime's default, which goes on to 1000 s. */
export const defaultRetryPolicy: BackoffPolicy = {
  initialMilliseconds: 5,
  maximumMilliseconds: 60_000,
  factor: 2,
};

/** How a queue stands. */
export interface WorkQueueState {
  /** Keys that could be taken now. */
  readonly depth: number;
  /** Since when each key that was taken and is not done is being worked on, on the clock's `now`. */
  readonly takenAt: Iterable<number>;
}

/** What a queue counts, in seconds. Names as in client-go's `workqueue` metrics. */
export interface WorkQueueMetrics {
  readonly added: () => void;
  readonly retried: () => void;
  /** A key was taken so long after it could have been. */
  readonly taken: (waitedSeconds: number) => void;
  readonly done: (workedSeconds: number) => void;
}

/** What a work queue is made of. */
export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Default `defaultRetryPolicy`. */
  readonly retry?: BackoffPolicy;
  readonly metrics?: WorkQueueMetrics;
}

/** How a key is put in. */
export interface AddOptions {
  /** A higher one is taken first; default 0. What waits already keeps the higher of both. */
  readonly priority?: number;
}

/** Keys that need work. */
export interface WorkQueue {
  /** To be taken as soon as its turn comes. A key that is being worked on is taken again once it is done. */
  add(key: string, options?: AddOptions): void;
  /** To be taken in so many milliseconds. Of several the earliest holds; a key that is taken before needs no more. */
  addAfter(key: string, milliseconds: number, options?: AddOptions): void;
  /** `addAfter` a wait that grows with each call for this key, until it is forgotten. */
  addRateLimited(key: string, options?: AddOptions): void;
  /** The work on a key went well: its next wait is a first one again. */
  forget(key: string): void;
  /** Calls of `addRateLimited` since the key was forgotten. */
  retries(key: string): number;
  /**
   * The next key, which is nobody else's until `done`: waits for one. Undefined once the queue is shut down.
   * Rejects with the reason of the signal.
   */
  take(signal?: AbortSignal): Promise<string | undefined>;
  /** The key that was taken may be taken again. */
  done(key: string): void;
  /**
   * Nothing is put in or taken any more: keys say what to look at, and whoever starts next looks at everything.
   * Resolves when each key that was taken is done.
   */
  shutDown(): Promise<void>;
  readonly state: WorkQueueState;
}

/**
 * A queue of keys for workers, as controller-runtime's: a key is in it once however often it was added, nobody
 * works on one key twice at once, higher priorities go first and within one who came first.
 */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyedQueue(options);
}

/** A key that waits, for its time or for its turn. */
interface Item {
  readonly key: string;
  readonly priority: number;
  /** When it may be taken. */
  readonly readyAt: number;
  /** Tells who came first of those that are ready since the same moment. */
  readonly sequence: number;
}

interface Waiter {
  readonly resolve: (key: string | undefined) => void;
}

class KeyedQueue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  /** Every key that waits; one that is being worked on may wait as well. */
  readonly #items = new Map<string, Item>();
  /** What may be taken. A key that is ready while it is worked on is in neither heap. */
  readonly #ready = createHeap<Item>(goesFirst);
  readonly #delayed = createHeap<Item>((a, b) => a.readyAt < b.readyAt);
  readonly #taken = new Map<string, number>();
  readonly #failures = new Map<string, { readonly backoff: Backoff; count: number }>();
  readonly #waiters = new Set<Waiter>();
  readonly #drained = Promise.withResolvers<void>();
  #sequence = 0;
  #shutDown = false;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get state(): WorkQueueState {
    return { depth: this.#ready.size, takenAt: this.#taken.values() };
  }

  add(key: string, options?: AddOptions): void {
    this.#put(key, this.#options.clock.now(), options);
  }

  addAfter(key: string, milliseconds: number, options?: AddOptions): void {
    // What is no number is no delay.
    this.#put(key, this.#options.clock.now() + (milliseconds > 0 ? milliseconds : 0), options);
  }

  addRateLimited(key: string, options?: AddOptions): void {
    if (this.#shutDown) return;
    let failures = this.#failures.get(key);
    if (failures === undefined) {
      const { retry = defaultRetryPolicy, random } = this.#options;
      failures = { backoff: createBackoff(retry, random), count: 0 };
      this.#failures.set(key, failures);
    }
    failures.count += 1;
    this.#options.metrics?.retried();
    this.addAfter(key, failures.backoff.next(), options);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  retries(key: string): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  async take(signal?: AbortSignal): Promise<string | undefined> {
    signal?.throwIfAborted();
    if (this.#shutDown) return undefined;
    const item = this.#ready.pop();
    if (item !== undefined) return this.#handOver(item);
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const waiter = { resolve };
    const onAbort = (): void => {
      this.#waiters.delete(waiter);
      reject(signal?.reason);
    };
    this.#waiters.add(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  done(key: string): void {
    const takenAt = this.#taken.get(key);
    if (takenAt === undefined) return;
    this.#taken.delete(key);
    const now = this.#options.clock.now();
    this.#options.metrics?.done((now - takenAt) / 1000);
    const again = this.#items.get(key);
    if (again !== undefined && again.readyAt <= now) {
      if (this.#delayed.delete(again)) this.#options.metrics?.added();
      this.#makeReady(again);
    }
    if (this.#shutDown && this.#taken.size === 0) this.#drained.resolve();
  }

  shutDown(): Promise<void> {
    this.#shutDown = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#items.clear();
    this.#failures.clear();
    for (const heap of [this.#ready, this.#delayed]) while (heap.pop() !== undefined);
    for (const waiter of this.#waiters) waiter.resolve(undefined);
    this.#waiters.clear();
    if (this.#taken.size === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  #put(key: string, at: number, { priority = 0 }: AddOptions = {}): void {
    if (this.#shutDown) return;
    const known = this.#items.get(key);
    const now = this.#options.clock.now();
    const item: Item = {
      key,
      priority: Math.max(priority, known?.priority ?? Number.NEGATIVE_INFINITY),
      readyAt: Math.min(at, known?.readyAt ?? Number.POSITIVE_INFINITY),
      sequence: known?.sequence ?? (this.#sequence += 1),
    };
    if (known?.priority === item.priority && known.readyAt === item.readyAt) return;
    const wasReady = known !== undefined && known.readyAt <= now;
    if (known !== undefined && !this.#delayed.delete(known)) this.#ready.delete(known);
    this.#items.set(key, item);
    if (item.readyAt > now) {
      this.#delayed.push(item);
      this.#setTimer();
      return;
    }
    if (!wasReady) this.#options.metrics?.added();
    if (!this.#taken.has(key)) this.#makeReady(item);
  }

  /** Its time has come and nobody works on it. */
  #makeReady(item: Item): void {
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#ready.push(item);
      return;
    }
    this.#waiters.delete(waiter);
    waiter.resolve(this.#handOver(item));
  }

  #handOver(item: Item): string {
    const now = this.#options.clock.now();
    this.#items.delete(item.key);
    this.#taken.set(item.key, now);
    this.#options.metrics?.taken((now - item.readyAt) / 1000);
    return item.key;
  }

  /** One timer, for the earliest. */
  #setTimer(): void {
    const next = this.#delayed.peek();
    if (next === undefined || (this.#timer !== undefined && this.#timer.at <= next.readyAt)) return;
    this.#timer?.cancel();
    const { clock } = this.#options;
    const cancel = clock.setTimer(Math.min(next.readyAt - clock.now(), longestTimer), () => {
      this.#timer = undefined;
      this.#wake();
    });
    this.#timer = { at: next.readyAt, cancel };
  }

  #wake(): void {
    const now = this.#options.clock.now();
    for (let item = this.#delayed.peek(); item !== undefined; item = this.#delayed.peek()) {
      if (item.readyAt > now) break;
      this.#delayed.pop();
      this.#options.metrics?.added();
      if (!this.#taken.has(item.key)) this.#makeReady(item);
    }
    this.#setTimer();
  }
}

/** Node takes no longer timer; whoever is woken too early sets the next one. */
const longestTimer = 2_147_483_647;

function goesFirst(a: Item, b: Item): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.readyAt === b.readyAt ? a.sequence < b.sequence : a.readyAt < b.readyAt;
}
