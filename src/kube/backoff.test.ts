import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

const policy = { initialMilliseconds: 100, maximumMilliseconds: 1000, factor: 3 };

describe('createBackoff', () => {
  it('grows by its factor up to its maximum', () => {
    const backoff = createBackoff(policy, () => 0.999_999_999);
    const waits = Array.from({ length: 5 }, () => Math.round(backoff.next()));
    expect(waits).toEqual([100, 300, 900, 1000, 1000]);
  });

  it('waits at least half of each step', () => {
    const backoff = createBackoff(policy, () => 0);
    expect([backoff.next(), backoff.next()]).toEqual([50, 150]);
  });

  it('begins again after a reset', () => {
    const backoff = createBackoff(policy, () => 0);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).toBe(50);
  });
});
