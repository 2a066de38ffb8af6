import type { ActionPlaces } from './action-places.ts';

/** The place of an attempt, which it gives back while it only waits. */
export interface HeldPlace {
  /** Waits without the place; it is held again when this resolves, unless the signal of the attempt is aborted. */
  whileWaiting<Value>(wait: () => Promise<Value>, signal: AbortSignal): Promise<Value>;
  /** Gives it back for good. */
  release(): void;
}

export interface HeldPlaceOptions {
  readonly places: ActionPlaces;
  readonly namespace: string;
  /** Gives the place back that is held from the beginning. */
  readonly place: () => void;
}

export function holdPlace(options: HeldPlaceOptions): HeldPlace {
  return new AttemptPlace(options);
}

class AttemptPlace implements HeldPlace {
  readonly #options: HeldPlaceOptions;
  #release: () => void;
  #isOver = false;
  /** An action may wait for several things at once: the place is given back by the first and taken again by the last. */
  #waits = 0;
  /** Gives back the place of those that wait; undefined while it waits for nothing, or where there was none. */
  #leave: (() => void) | undefined;
  #retaking: Promise<void> | undefined;

  constructor(options: HeldPlaceOptions) {
    this.#options = options;
    this.#release = options.place;
  }

  async whileWaiting<Value>(wait: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    this.#step();
    try {
      return await wait();
    } finally {
      await this.#stepBack(signal);
    }
  }

  release(): void {
    this.#isOver = true;
    this.#leave?.();
    this.#leave = undefined;
    this.#release();
  }

  /** Where as many wait already as may, the place is kept: what waits has a bound too. */
  #step(): void {
    this.#waits += 1;
    if (this.#waits > 1 || this.#isOver || this.#retaking !== undefined) return;
    const { places, namespace } = this.#options;
    this.#leave = places.waiting.tryEnter(namespace);
    if (this.#leave !== undefined) this.#release();
  }

  async #stepBack(signal: AbortSignal): Promise<void> {
    this.#waits -= 1;
    if (this.#waits === 0 && this.#leave !== undefined && this.#retaking === undefined)
      this.#retaking = this.#retake(signal).finally(() => (this.#retaking = undefined));
    await this.#retaking;
  }

  async #retake(signal: AbortSignal): Promise<void> {
    const { places, namespace } = this.#options;
    if (this.#isOver || signal.aborted) return;
    const release = await places.running.acquire(namespace, signal);
    this.#leave?.();
    this.#leave = undefined;
    if (this.#isOver) release();
    else this.#release = release;
  }
}
