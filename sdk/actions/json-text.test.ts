import { expect, it } from 'vitest';
import { readJsonText } from './json-text.ts';

it('JSON is read', () => {
  expect(readJsonText(' {"a": [1.5, "ü", null]} ')).toEqual({ value: { a: [1.5, 'ü', null] } });
});

it.each([
  ['{"kind": "ConfigMap", "\\u006bind": "Secret"}', 'the text has the key "kind" twice in one object'],
  ['{"\\u202e\\u0000": 1, "\\u202e\\u0000": 2}', 'the text has the key "\\u202e\\u0000" twice in one object'],
  ['{a: 1}', 'the text is not JSON'],
  ['', 'the text is not JSON'],
  ['[9007199254740993]', 'the text cannot be read exactly: the number 9007199254740992 may have lost digits'],
  ['{"__proto__": 1}', 'the text cannot be read exactly: it has a key __proto__'],
  ['['.repeat(600) + ']'.repeat(600), 'the text cannot be read exactly: it is nested deeper than 500 levels'],
  [`"${'a'.repeat(1024 * 1024)}"`, 'the text has 1048578 characters; 1048576 is the most'],
])('case %#: what others may read differently is not read', (text, problem) => {
  expect(readJsonText(text)).toEqual({ problem: expect.stringContaining(problem) });
});

it('a long key is cut in the message', () => {
  const key = 'k'.repeat(1_000);
  expect(readJsonText(`{"${key}": 1, "${key}": 2}`)).toEqual({
    problem: `the text has the key "${'k'.repeat(64)}…" twice in one object`,
  });
});
