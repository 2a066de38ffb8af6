import { expect, it } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { createRateLimiter } from './rate-limiter.ts';

it('lets a burst through and then its rate', () => {
  const clock = createManualClock();
  const limiter = createRateLimiter(clock, 4, 2);
  expect([limiter.take(), limiter.take(), limiter.take()]).toEqual([0, 0, 250]);
  clock.advance(249);
  expect(limiter.take()).toBe(1);
  clock.advance(1);
  expect(limiter.take()).toBe(0);
  clock.advance(3_600_000);
  expect([limiter.take(), limiter.take(), limiter.take()]).toEqual([0, 0, 250]);
});
