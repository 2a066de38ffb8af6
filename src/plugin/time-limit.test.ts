import { describe, expect, it } from 'vitest';
import { createTimeLimit, TimeLimitError } from './time-limit.ts';

const within = createTimeLimit(100);

describe('work that ends in time', () => {
  it('has its result, whatever that is', () => {
    expect(within(() => 42)).toBe(42);
    expect(within(() => undefined)).toBeUndefined();
  });

  it('throws what it throws', () => {
    const error = new TypeError('mine');
    expect(() =>
      within(() => {
        throw error;
      }),
    ).toThrow(error);
  });
});

describe('work without an end is stopped', () => {
  it.each<[string, () => void]>([
    [
      'a loop',
      () => {
        for (;;);
      },
    ],
    [
      'one that catches whatever comes',
      () => {
        for (;;) {
          try {
            for (;;);
          } catch {
            continue;
          }
        }
      },
    ],
    ['a regular expression that backtracks', () => void /^(a+)+$/.test(`${'a'.repeat(50)}b`)],
  ])('%s', (_, work) => {
    expect(() => within(work)).toThrow(TimeLimitError);
    expect(within(() => 'the next one runs')).toBe('the next one runs');
  });
});
