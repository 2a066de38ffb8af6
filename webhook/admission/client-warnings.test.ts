import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitWarnings, maximumWarningLength, maximumWarningsLength } from './client-warnings.ts';

const codePoints = (text: string): number => Array.from(text).length;

describe('fitWarnings', () => {
  it('leaves short warnings alone', () => {
    expect(fitWarnings(['four of five slots are taken', 'naïve 🦆'])).toEqual([
      'four of five slots are taken',
      'naïve 🦆',
    ]);
  });

  it('puts each on one line and drops what is empty', () => {
    expect(fitWarnings(['a\nb\r\n\tc\u2028d', ' \n '])).toEqual(['a b c d']);
  });

  it('writes characters out that a terminal would obey, or that would reorder what is read', () => {
    expect(fitWarnings(['a\u0000\u0085b\u202ec'])).toEqual(['aU+0000U+0085bU+202Ec']);
  });

  it('cuts long ones between characters', () => {
    const [warning = ''] = fitWarnings(['🦆'.repeat(300)]);
    expect(warning).toBe(`${'🦆'.repeat(254)}…`);
  });

  it('counts those that are too many', () => {
    const fitted = fitWarnings(Array.from({ length: 100 }, () => 'x'.repeat(200)));
    expect(fitted).toHaveLength(21);
    expect(fitted.at(-1)).toBe('80 more warnings were left out');
  });

  it('never exceeds what the API server carries', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 60 }), (warnings) => {
        const fitted = fitWarnings(warnings);
        for (const warning of fitted) {
          expect(codePoints(warning)).toBeLessThanOrEqual(maximumWarningLength);
          expect(warning).not.toMatch(/\p{Cc}/u);
          expect(warning.isWellFormed()).toBe(true);
        }
        expect(codePoints(fitted.join(''))).toBeLessThanOrEqual(maximumWarningsLength);
      }),
    );
  });
});
