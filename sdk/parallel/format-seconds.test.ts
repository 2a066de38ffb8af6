import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/api/duration.ts';
import { formatSeconds } from './format-seconds.ts';

describe('formatSeconds', () => {
  it('writes whole seconds, milliseconds and nanoseconds', () => {
    expect([5, 1.5, 1e-9, 3_600].map(formatSeconds)).toEqual(['5s', '1500ms', '1ns', '3600s']);
  });

  it('has no words for none', () => {
    expect([undefined, 0, -1, Number.NaN, 1e300].map(formatSeconds)).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });

  it('is read again as what it was, nearly', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (seconds) => {
        const read = (parseDuration(formatSeconds(seconds) ?? '') ?? 0) / 1_000;
        expect(Math.abs(read - seconds)).toBeLessThanOrEqual(1e-9 + seconds * 1e-12);
      }),
    );
  });
});
