import { describe, expect, it } from 'vitest';
import { answerWithin, parseTimeout } from './admission-timeout.ts';

describe('parseTimeout', () => {
  it.each([
    ['/validate?timeout=10s', 10_000],
    ['/validate?timeout=1s', 1_000],
    ['/validate?timeout=500ms', 500],
    ['/validate?timeout=2.5s', 2_500],
    ['/validate?x=1&timeout=30s', 30_000],
    ['/validate?timeout=1m0s', 30_000],
    ['/validate?timeout=99999s', 30_000],
    ['/validate', 10_000],
    ['/validate?timeout=', 10_000],
    ['/validate?timeout=0s', 10_000],
    ['/validate?timeout=-5s', 10_000],
    ['/validate?timeout=ten', 10_000],
    ['/validate?timeout=NaN', 10_000],
    ['/validate?timeout=%ff', 10_000],
  ])('reads %s as %i ms', (url, milliseconds) => {
    expect(parseTimeout(url)).toBe(milliseconds);
  });
});

describe('answerWithin', () => {
  it('keeps the margin back', () => {
    expect(answerWithin(10_000, 1_000)).toBe(9_000);
  });

  it('keeps no more than a fifth of a short timeout back', () => {
    expect(answerWithin(1_000, 1_000)).toBe(800);
  });
});
