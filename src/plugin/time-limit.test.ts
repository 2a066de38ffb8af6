import { AsyncLocalStorage } from 'node:async_hooks';
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

const errorOf = (work: () => void): TimeLimitError => {
  try {
    within(work);
  } catch (error) {
    if (error instanceof TimeLimitError) return error;
  }
  throw new Error('it was not stopped');
};

describe('work that is stopped', () => {
  it('is known from a machine that stood still', () => {
    const loop = (): void => {
      for (;;);
    };
    expect(errorOf(loop).hasWorked).toBe(true);
    expect(errorOf(standStill).hasWorked).toBe(false);
  });

  it('leaves nothing of its own in AsyncLocalStorage', () => {
    const storage = new AsyncLocalStorage<string>();
    const loop = (): void => {
      for (;;);
    };
    storage.run('ours', () => {
      errorOf(() => storage.run('its', loop));
      expect(storage.getStore()).toBe('ours');
    });
    expect(storage.getStore()).toBeUndefined();
  });
});

/** Takes longer than the limit, and no time of the processor. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
}
