import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHostileCharacter, visibleText } from './hostile-characters.ts';

const hostile = [
  0x00, 0x08, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f, 0x80, 0x9b, 0x9f, 0x061c, 0x200e, 0x200f, 0x202a, 0x202e,
  0x2066, 0x2069, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe, 0x1ffff, 0x10fffe, 0x10ffff, 0xd800, 0xdfff,
].map(
  (code) => [`U+${code.toString(16).toUpperCase().padStart(4, '0')}`, String.fromCodePoint(code)] as const,
);

const harmless = [
  '',
  'tab\tand\nline\r\n',
  'é ü 日本 العربية עברית 👩‍👩‍👧',
  '\u00a0\u200b\u200d\ufffd\ufdcf\ufdf0',
];

describe('the search for hostile characters', () => {
  it.each(hostile)('finds %s in a text, and says where', (name, character) => {
    expect(findHostileCharacter('spec', { steps: [{}, { note: `a${character}b` }] })).toEqual({
      path: 'spec.steps[1].note',
      character: name,
    });
  });

  it.each(hostile)('finds %s in a key, and writes it out', (name, character) => {
    expect(findHostileCharacter('spec', { [`a${character}`]: 1 })).toEqual({
      path: `spec["a${name}"]`,
      character: name,
    });
  });

  it.each(harmless)('finds none in %j', (text) => {
    expect(findHostileCharacter('spec', { [text]: [text, { a: text }] })).toBeUndefined();
  });

  it('names the first one, in the order in which the object is written', () => {
    const spec = { a: { b: 'x' }, c: ['\u202e'], d: '\u007f' };
    expect(findHostileCharacter('spec', spec)).toEqual({ path: 'spec.c[0]', character: 'U+202E' });
  });

  it('leaves alone what was there before, and finds what is new beside it', () => {
    const before = { steps: [{ note: '\u007f', '\u009b': 1 }] };
    expect(findHostileCharacter('spec', { ...before, paused: true }, before)).toBeUndefined();
    const moved = { steps: [{}, ...before.steps] };
    expect(findHostileCharacter('spec', moved, before)).toMatchObject({ path: 'spec.steps[1].note' });
    const changed = { steps: [{ note: '\u007f\u007f' }] };
    expect(findHostileCharacter('spec', changed, before)).toMatchObject({ path: 'spec.steps[0].note' });
  });

  it('does not take what every object inherits for what was there before', () => {
    const spec = { constructor: '\u007f' };
    expect(findHostileCharacter('spec', spec, {})).toMatchObject({ path: 'spec.constructor' });
  });

  it('takes no longer for a value that is deep, wide or long than its size says', () => {
    let deep: unknown = '\u007f';
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    const wide = Array.from({ length: 200_000 }, () => 'x');
    const long = `${'eyJ'.repeat(500_000)}\u007f`;
    const start = performance.now();
    expect(findHostileCharacter('spec', deep)?.path).toBe(`spec…${'[0]'.repeat(20)}`);
    expect(findHostileCharacter('spec', wide)).toBeUndefined();
    expect(findHostileCharacter('spec', { long })?.path).toBe('spec.long');
    expect(visibleText(long)).toHaveLength(long.length + 5);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('a text that is shown', () => {
  it('has hostile characters and carriage returns written out, and nothing else changed', () => {
    expect(visibleText('a\u001b[2Jb\rc\n\td \u202e')).toBe('aU+001B[2JbU+000Dc\n\td U+202E');
  });

  it('is cut between characters', () => {
    expect(visibleText('ab🦆c', 3)).toBe('ab');
    expect(visibleText('\u009b🦆', 7)).toBe('U+009B');
  });

  it('holds no hostile character, whatever was in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visibleText(text);
        expect(findHostileCharacter('text', shown)).toBeUndefined();
        expect(shown).not.toContain('\r');
      }),
    );
  });
});
