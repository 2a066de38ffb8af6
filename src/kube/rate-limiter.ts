import type { Clock } from './clock.ts';

/** Lets `burst` through at once and `perSecond` on average. */
export interface RateLimiter {
  /** Milliseconds until the next one may pass; 0: it has passed. */
  take(): number;
}

/** A token bucket, full at the start; kept as the time at which it would be full again. */
export function createRateLimiter(clock: Clock, perSecond: number, burst: number): RateLimiter {
  const interval = 1000 / perSecond;
  let fullAt = clock.now();
  return {
    take() {
      const now = clock.now();
      fullAt = Math.max(fullAt, now);
      const wait = fullAt - now - (burst - 1) * interval;
      if (wait > 0) return Math.ceil(wait);
      fullAt += interval;
      return 0;
    },
  };
}
