import type { Clock } from './clock.ts';

/** Lets `burst` through at once and `perSecond` on average. */
export interface RateLimiter {
  /** Milliseconds until the next one may pass; 0: it has passed. */
  take(): number;
  /** Another rate from now on. What may pass at once now still may, up to the new burst. */
  change(perSecond: number, burst: number): void;
}

/** A token bucket, full at the start; kept as the time at which it would be full again. */
export function createRateLimiter(clock: Clock, perSecond: number, burst: number): RateLimiter {
  let interval = 1000 / perSecond;
  let size = burst;
  let fullAt = clock.now();
  return {
    take() {
      const now = clock.now();
      fullAt = Math.max(fullAt, now);
      const wait = fullAt - now - (size - 1) * interval;
      if (wait > 0) return Math.ceil(wait);
      fullAt += interval;
      return 0;
    },
    change(newPerSecond, newBurst) {
      const now = clock.now();
      const missing = Math.max(fullAt - now, 0) / interval;
      const tokens = Math.min(size - missing, newBurst);
      interval = 1000 / newPerSecond;
      size = newBurst;
      fullAt = now + (newBurst - tokens) * interval;
    },
  };
}
