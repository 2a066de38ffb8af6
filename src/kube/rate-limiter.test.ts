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

it('takes on another rate without giving what was used once more', () => {
  const clock = createManualClock();
  const limiter = createRateLimiter(clock, 4, 2);
  expect([limiter.take(), limiter.take(), limiter.take()]).toEqual([0, 0, 250]);
  limiter.change(10, 5);
  expect(limiter.take()).toBe(100);
  clock.advance(100);
  expect([limiter.take(), limiter.take()]).toEqual([0, 100]);
  clock.advance(500);
  limiter.change(1, 2);
  expect([limiter.take(), limiter.take(), limiter.take()]).toEqual([0, 0, 1000]);
});
