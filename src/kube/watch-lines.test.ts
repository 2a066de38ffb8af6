import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from './watch-lines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('createLineSplitter', () => {
  it('finds the same lines however the bytes are cut into chunks', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
        const whole = bytes(lines.map((text) => `${text}\n`).join(''));
        const ends = [...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort((a, b) => a - b);
        const split = createLineSplitter(1024);
        let start = 0;
        const found = ends.flatMap((end) => {
          const chunk = whole.subarray(start, end);
          start = end;
          return split(chunk);
        });
        expect(found).toEqual(lines.filter((text) => text !== ''));
      }),
    );
  });

  it('keeps back a line that is not complete', () => {
    const split = createLineSplitter(100);
    expect(split(bytes('{"a":1}\n{"b"'))).toEqual(['{"a":1}']);
    expect(split(bytes(':2}'))).toEqual([]);
    expect(split(bytes('\n\n'))).toEqual(['{"b":2}']);
  });

  it('refuses to gather a line that never ends', () => {
    const split = createLineSplitter(10);
    expect(split(bytes('1234567890'))).toEqual([]);
    expect(() => split(bytes('1'))).toThrow(expect.objectContaining({ reason: 'broken-line' }));
  });
});
