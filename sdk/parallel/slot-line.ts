import { type Backoff, createBackoff } from '../../src/kube/backoff.ts';
import type { Clock } from '../../src/kube/clock.ts';

/** What a line needs to pass its time. */
export interface SlotLineOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A place in a line. */
export interface SlotTicket {
  /** Resolves when it is worth asking for a slot; rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  /** Makes the next one ask: this one cannot just now, for a reason of its own. */
  pass(): void;
  /** Leaves the line. Who got a slot makes the next one ask, for there may be more than one. */
  leave(granted: boolean): void;
}

interface Waiter {
  readonly number: number;
  readonly backoff: Backoff;
  /** Present while it waits for its turn, and not while it asks. */
  wake: (() => void) | undefined;
  cancelTimer: (() => void) | undefined;
}

/** Slots can be held by reservations, whose end no watch shows: the first in line asks now and then. */
const waits = { initialMilliseconds: 250, maximumMilliseconds: 10_000, factor: 2 };

/**
 * Those of one process who wait for a slot of one workflow, first come, first served. A slot that becomes free wakes
 * one of them, and only the first asks without such an occasion: however many wait, the API server is asked as if it
 * were one.
 */
export class SlotLine {
  readonly #options: SlotLineOptions;
  readonly #waiters: Waiter[] = [];
  /** Free slots that nobody has been woken for. */
  #free = 0;
  #number = 0;

  constructor(options: SlotLineOptions) {
    this.#options = options;
  }

  /** Those who wait or ask. */
  get length(): number {
    return this.#waiters.length;
  }

  enter(): SlotTicket {
    const backoff = createBackoff(waits, this.#options.random);
    const waiter: Waiter = { number: this.#number, backoff, wake: undefined, cancelTimer: undefined };
    this.#number += 1;
    this.#waiters.push(waiter);
    return {
      turn: (signal) => this.#turn(waiter, signal),
      pass: () => this.freed(),
      leave: (granted) => {
        const place = this.#waiters.indexOf(waiter);
        if (place < 0) return;
        this.#waiters.splice(place, 1);
        if (granted) this.freed();
        this.#serve();
      },
    };
  }

  /** A slot may be free. */
  freed(): void {
    this.#free = Math.min(this.#free + 1, this.#waiters.length);
    this.#serve();
  }

  async #turn(waiter: Waiter, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waiter.wake = resolve;
    this.#serve();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      waiter.wake = undefined;
      waiter.cancelTimer?.();
      waiter.cancelTimer = undefined;
    }
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#free === 0) break;
      if (waiter.wake === undefined) continue;
      this.#free -= 1;
      wake(waiter);
    }
    const first = this.#waiters.find(
      (waiter) => waiter.wake !== undefined || waiter.cancelTimer !== undefined,
    );
    const isFirst = first !== undefined && first === this.#waiters[0];
    if (!isFirst || first.wake === undefined || first.cancelTimer !== undefined) return;
    first.cancelTimer = this.#options.clock.setTimer(first.backoff.next(), () => {
      wake(first);
    });
  }
}

function wake(waiter: Waiter): void {
  const { wake: resolve } = waiter;
  waiter.wake = undefined;
  resolve?.();
}
