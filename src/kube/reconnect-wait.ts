import { type BackoffPolicy, createBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { retryAfterMilliseconds } from './relist-reason.ts';

/** How long a reflector waits between two connections. */
export interface ReconnectWait {
  /**
   * Milliseconds to wait after a connection that ended with `error` (undefined: in order) and had been current
   * since `currentSince` on the clock (undefined: never).
   */
  next(error: unknown, currentSince: number | undefined): number;
}

export interface ReconnectWaitOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff?: BackoffPolicy;
  readonly maxRetryAfterMilliseconds?: number;
}

const defaultBackoff: BackoffPolicy = { initialMilliseconds: 100, maximumMilliseconds: 10_000, factor: 2 };

/** A connection that lasted this long after its list ends the row of failures. */
const steadyMilliseconds = 10_000;

export function createReconnectWait(options: ReconnectWaitOptions): ReconnectWait {
  const { clock, random, maxRetryAfterMilliseconds = 30_000 } = options;
  const backoff = createBackoff(options.backoff ?? defaultBackoff, random);
  return {
    next(error, currentSince) {
      const steady = currentSince !== undefined && clock.now() - currentSince >= steadyMilliseconds;
      if (steady) backoff.reset();
      const wait = backoff.next();
      const asked = retryAfterMilliseconds(error, maxRetryAfterMilliseconds);
      // Spread over a tenth, so that those who were sent away together do not return together.
      return asked > wait ? asked * (1 + random() / 10) : wait;
    },
  };
}
