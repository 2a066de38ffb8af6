import { expect, test } from 'vitest';
import { createLimitTimeline } from './limit-timeline.ts';

test('between the write of a limit and the last replica to take it, both may be in force', () => {
  const limits = createLimitTimeline(5);
  const change = limits.began(3, 100);
  limits.confirmed(change, 200);
  expect([limits.highest(0, 99), limits.lowest(0, 99)]).toEqual([5, 5]);
  expect([limits.highest(150, 160), limits.lowest(150, 160)]).toEqual([5, 3]);
  expect([limits.highest(201, 300), limits.lowest(201, 300)]).toEqual([3, 3]);
  expect(limits.highest(190, 300)).toBe(5);
});

test('a limit that nobody has confirmed leaves the one before in force until a later one is', () => {
  const limits = createLimitTimeline(7);
  limits.began(3, 100);
  const later = limits.began(4, 200);
  expect(limits.highest(1_000, 1_001)).toBe(7);
  limits.confirmed(later, 2_000);
  expect([limits.highest(2_001, 3_000), limits.lowest(2_001, 3_000)]).toEqual([4, 4]);
});
