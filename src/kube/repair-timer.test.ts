import { expect, it, vi } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { createRepairTimer } from './repair-timer.ts';

const slowest = () => 0.999_999_999;

it('repairs once for failures that come together', () => {
  const clock = createManualClock();
  const repair = vi.fn<() => void>();
  const timer = createRepairTimer(clock, slowest, repair);
  timer.needed();
  timer.needed();
  clock.advance(1000);
  expect(repair).toHaveBeenCalledTimes(1);
  expect(clock.waiting).toBe(0);
});

it('waits longer each time, a minute at most, when repairs do not help', () => {
  const clock = createManualClock();
  const repairedAt: number[] = [];
  const timer = createRepairTimer(clock, slowest, () => {
    repairedAt.push(Math.round(clock.now() / 1000));
    timer.needed();
  });
  timer.needed();
  clock.advance(250_000);
  expect(repairedAt).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
  timer.cancel();
  expect(clock.waiting).toBe(0);
});

it('forgives after quiet time', () => {
  const clock = createManualClock();
  const repair = vi.fn<() => void>();
  const timer = createRepairTimer(clock, slowest, repair);
  for (let failure = 0; failure < 5; failure += 1) {
    timer.needed();
    clock.advance(60_000);
  }
  clock.advance(120_001);
  repair.mockClear();
  timer.needed();
  clock.advance(1000);
  expect(repair).toHaveBeenCalledTimes(1);
});
