/** How long to wait after one failure, two, three, … in a row. */
export interface BackoffPolicy {
  /** The longest wait after the first failure. */
  readonly initialMilliseconds: number;
  /** No wait is longer. */
  readonly maximumMilliseconds: number;
  /** Each wait is at most this many times the one before it. */
  readonly factor: number;
}

/** The waits of one row of failures. */
export interface Backoff {
  /** The next wait in milliseconds. */
  next(): number;
  /** Ends the row: the next wait is a first one again. */
  reset(): void;
}

/**
 * Exponential waits, each somewhere between half of its step and the whole, so that clients which lost one
 * API server together do not return to it together.
 *
 * @param random uniform in [0, 1), as Math.random
 */
export function createBackoff(policy: BackoffPolicy, random: () => number): Backoff {
  let step = policy.initialMilliseconds;
  return {
    next() {
      const wait = step * (0.5 + random() / 2);
      step = Math.min(step * policy.factor, policy.maximumMilliseconds);
      return wait;
    },
    reset() {
      step = policy.initialMilliseconds;
    },
  };
}
