import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, inexactness } from './canonical-json.ts';

describe('canonical JSON', () => {
  it.each([
    [
      'keys of an object sorted by UTF-16 code units, numbers among them',
      { b: 1, '9': 2, '10': 3, B: 4 },
      '{"10":3,"9":2,"B":4,"b":1}',
    ],
    ['keys sorted at every depth, lists left in order', [{ b: [2, 1], a: {} }], '[{"a":{},"b":[2,1]}]'],
    ['absent values left out, null kept', { a: undefined, b: null }, '{"b":null}'],
    ['nothing as null', undefined, 'null'],
    ['texts escaped as JSON does', 'a"\u0001\u2028', JSON.stringify('a"\u0001\u2028')],
    ['a key __proto__ as any other', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])('has %s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('says the same as JSON of any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is the same in whatever order the keys were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });

  it('is different for values that are different', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const isSame = canonicalJson(one) === canonicalJson(other);
        expect(isSame).toBe(deepEqual(one, other));
      }),
    );
  });
});

function deepEqual(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    // -0 and 0 are one number in JSON.
    return JSON.stringify(one) === JSON.stringify(other);
  }
}

describe('what cannot be compared exactly', () => {
  function nested(levels: number): unknown {
    let value: unknown = 1;
    for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
    return value;
  }

  it.each([
    ['a whole number past those that a double holds', { a: [JSON.parse('9007199254740993')] }, 'lost digits'],
    ['the same below zero', { a: JSON.parse('-9007199254740993') }, 'lost digits'],
    ['a key that parsers of JavaScript drop', { a: JSON.parse('{"__proto__":{"b":1}}') }, '__proto__'],
    ['a nesting that could exhaust the stack', nested(501), 'deeper than 500'],
    ['one that surely does', nested(100_000), 'deeper than 500'],
  ])('is %s', (_, value, why) => {
    expect(inexactness(value)).toContain(why);
  });

  it.each([
    ['the largest whole number that a double holds', Number.MAX_SAFE_INTEGER],
    ['a fraction: API servers hold doubles too', 0.1 + 0.2],
    ['a deep value', nested(500)],
    ['texts, null and nothing', ['9007199254740993', null, undefined, true]],
  ])('is not %s', (_, value) => {
    expect(inexactness(value)).toBeUndefined();
    expect(() => canonicalJson(value)).not.toThrow();
  });
});
