import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from './duplicate-key.ts';

describe('a key that is there twice is found', () => {
  it.each([
    ['at once', '{"kind":"ConfigMap","kind":"Secret"}', 'kind'],
    ['with an escape in the second', '{"kind":"ConfigMap","\\u006bind":"Secret"}', 'kind'],
    ['with an escape in the first', '{"\\u006Bind":"ConfigMap","kind":"Secret"}', 'kind'],
    ['with escapes of two kinds', '{"a\\/b":1,"a\\u002fb":2}', 'a/b'],
    ['after blanks and others', '{ "a" : 1 ,\n\t"b" : [1, {"c": 2}, "a"] , "a" : 3 }', 'a'],
    ['inside', '{"a":[1,[{"b":{"c":1,"c":2}}]]}', 'c'],
    ['after an object with the same key', '{"a":{"a":{}},"a":1}', 'a'],
    ['that is empty', '{"":1,"":2}', ''],
    ['with quotation marks', '{"a\\"b":1,"a\\u0022b":2}', 'a"b'],
    ['with a backslash at its end', '{"a\\\\":"\\\\","a\\u005c":2}', 'a\\'],
    ['of a prototype', '{"constructor":1,"constructor":2}', 'constructor'],
    ['of halves of a pair', '{"\\ud83d\\ude00":1,"😀":2}', '😀'],
  ])('%s', (_, json, key) => {
    expect(duplicateKey(json)).toBe(key);
  });
});

describe('a key that is there once is not', () => {
  it.each([
    ['nothing', 'null'],
    ['lists', '["a","a",["a"]]'],
    ['texts of JSON', '{"a":"{\\"a\\":1,\\"a\\":2}","b":"a"}'],
    ['values like keys', '{"a":"b","b":"a"}'],
    ['objects beside each other', '[{"a":1},{"a":2}]'],
    ['objects within each other', '{"a":{"a":{"a":1}}}'],
    ['keys of another case', '{"kind":1,"Kind":2}'],
    ['names of every object', '{"toString":1,"has":2,"__proto__":3}'],
    ['brackets in texts', '{"a":"}{","b":["]["],"c":"{\\"a\\":"}'],
  ])('in %s', (_, json) => {
    expect(duplicateKey(json)).toBeUndefined();
  });

  it('in whatever JSON.stringify writes; and each key that is added again is found', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(object, fc.nat(), fc.boolean(), (value, which, isEscaped) => {
        const json = JSON.stringify({ outer: [value] });
        expect(duplicateKey(json)).toBeUndefined();
        const key = Object.keys(value)[which % Object.keys(value).length] ?? '';
        const escaped = [...Array(key.length).keys()]
          .map((index) => `\\u${key.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join('');
        const again = `,${isEscaped ? `"${escaped}"` : JSON.stringify(key)}:0}]}`;
        expect(duplicateKey(json.replace(/\}\]\}$/, () => again))).toBe(key);
      }),
    );
  });
});

it('a text of a megabyte takes no second, however it is built', () => {
  const length = 1024 * 1024;
  const texts = [
    `{"a":"${'\\"'.repeat(length / 2)}"}`,
    `{"${'\\\\'.repeat(length / 2)}":1}`,
    '['.repeat(length / 2) + ']'.repeat(length / 2),
    `${'{"a":'.repeat(length / 6)}1${'}'.repeat(length / 6)}`,
    `{${Array.from({ length: length / 10 }, (_, index) => `"${index}":1`).join(',')}}`,
  ];
  for (const text of texts) {
    const before = process.cpuUsage();
    expect(duplicateKey(text)).toBeUndefined();
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  }
});
