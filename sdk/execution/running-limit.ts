/**
 * Bounds how much runs at once, and shares it by namespace. Namespaces that wait take turns, and within one who comes
 * first goes first. No namespace takes so many places that others find none: see `mayTake`.
 */
export interface RunningLimit {
  /**
   * Calls back with the function that gives the place back: now, or when there is one. Who waits costs hardly any
   * memory: thousands may. The function it returns ends the waiting.
   */
  enter(namespace: string, begin: (release: () => void) => void): () => void;
  /**
   * The same for one who can wait, and who had a place before: it goes ahead of those of its namespace that have not
   * begun. Rejects with the signal's reason.
   */
  acquire(namespace: string, signal: AbortSignal): Promise<() => void>;
  /** A place where one is free, at once or not at all. */
  tryEnter(namespace: string): (() => void) | undefined;
  readonly running: number;
  readonly waiting: number;
}

type Begin = (release: () => void) => void;

/** Those of one namespace that wait. */
interface Line {
  /** Who has begun already. */
  readonly ahead: Set<Begin>;
  readonly others: Set<Begin>;
}

/** How many times the places that are free a namespace may hold. */
const shareOfFree = 3;

export function createRunningLimit(most: number): RunningLimit {
  return new FairLimit(most);
}

class FairLimit implements RunningLimit {
  readonly #most: number;
  readonly #held = new Map<string, number>();
  /** In the order of their turns. */
  readonly #lines = new Map<string, Line>();
  #running = 0;
  #isAdmitting = false;

  constructor(most: number) {
    this.#most = most;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    let waiting = 0;
    for (const { ahead, others } of this.#lines.values()) waiting += ahead.size + others.size;
    return waiting;
  }

  enter(namespace: string, begin: Begin): () => void {
    return this.#join(namespace, begin, 'others');
  }

  async acquire(namespace: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const onAbort = (): void => {
      leave();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const begin = (release: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(release);
    };
    const leave = this.#join(namespace, begin, 'ahead');
    return promise;
  }

  tryEnter(namespace: string): (() => void) | undefined {
    return this.#mayTake(namespace) ? this.#place(namespace) : undefined;
  }

  #join(namespace: string, begin: Begin, where: keyof Line): () => void {
    const line = this.#lines.get(namespace) ?? { ahead: new Set(), others: new Set() };
    this.#lines.set(namespace, line);
    line[where].add(begin);
    this.#admit();
    return () => {
      line[where].delete(begin);
      this.#forget(namespace, line);
    };
  }

  /**
   * Three times as many as are free when it takes one: a namespace alone leaves a quarter of the places, two leave a
   * seventh. So there is always one for a namespace that has none, whatever others hold and for how long; of less than
   * four places there is not.
   */
  #mayTake(namespace: string): boolean {
    const free = this.#most - this.#running;
    return free > 0 && (this.#held.get(namespace) ?? 0) < shareOfFree * free;
  }

  #place(namespace: string): () => void {
    this.#running += 1;
    this.#held.set(namespace, (this.#held.get(namespace) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#running -= 1;
      const left = (this.#held.get(namespace) ?? 1) - 1;
      if (left === 0) this.#held.delete(namespace);
      else this.#held.set(namespace, left);
      this.#admit();
    };
  }

  /** Who begins may give its place back at once: no recursion, thousands may wait. */
  #admit(): void {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        next.begin(this.#place(next.namespace));
      }
    } finally {
      this.#isAdmitting = false;
    }
  }

  /** Takes the first of the first namespace that may have a place; its next turn comes after all others'. */
  #next(): { readonly namespace: string; readonly begin: Begin } | undefined {
    if (this.#running >= this.#most) return undefined;
    for (const [namespace, line] of this.#lines) {
      if (!this.#mayTake(namespace)) continue;
      const begins = line.ahead.size > 0 ? line.ahead : line.others;
      const [begin] = begins;
      if (begin === undefined) continue;
      begins.delete(begin);
      this.#lines.delete(namespace);
      if (line.ahead.size + line.others.size > 0) this.#lines.set(namespace, line);
      return { namespace, begin };
    }
    return undefined;
  }

  #forget(namespace: string, line: Line): void {
    if (line.ahead.size + line.others.size === 0 && this.#lines.get(namespace) === line)
      this.#lines.delete(namespace);
  }
}
