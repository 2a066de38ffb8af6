import { expect, test } from 'vitest';
import { z } from 'zod';
import { flag, jsonObject, jsonOf, namespaceName, objectName, wholeNumber } from './parameter-schemas.ts';

test.each([
  [wholeNumber(), 3, 3],
  [wholeNumber(), '3', 3],
  [wholeNumber(), '0', 0],
  [flag, true, true],
  [flag, 'false', false],
  [jsonOf(jsonObject), { a: 1 }, { a: 1 }],
  [jsonOf(jsonObject), '{"a": 1}', { a: 1 }],
  [jsonOf(z.array(z.string())), '["a"]', ['a']],
  [namespaceName, undefined, undefined],
  [objectName, 'web.example', 'web.example'],
])('case %#: %o takes %o', (schema: z.ZodType, value, parsed) => {
  expect(schema.parse(value)).toEqual(parsed);
});

test.each([
  [wholeNumber(), ''],
  [wholeNumber(), ' 3'],
  [wholeNumber(), '03'],
  [wholeNumber(), '3.0'],
  [wholeNumber(), '1e3'],
  [wholeNumber(), '-1'],
  [wholeNumber(), -1],
  [wholeNumber(), 1.5],
  [wholeNumber(), null],
  [wholeNumber(), true],
  [wholeNumber(), []],
  [wholeNumber(), '99999999999'],
  [wholeNumber(1), '0'],
  [flag, 'yes'],
  [flag, 1],
  [flag, ''],
  [jsonOf(jsonObject), '[1]'],
  [jsonOf(jsonObject), '{'],
  [jsonOf(jsonObject), ''],
  [jsonOf(jsonObject), '"a"'],
  [jsonOf(jsonObject), '{"a": 1, "a": 1}'],
  [jsonOf(jsonObject), '{"kind": "ConfigMap", "\\u006bind": "Secret"}'],
  [jsonOf(jsonObject), '{"__proto__": {}}'],
  [objectName, ''],
  [objectName, '../etc'],
  [objectName, 'Web'],
  [namespaceName, ''],
  [namespaceName, 'a.b'],
])('case %#: %o refuses %o', (schema: z.ZodType, value) => {
  expect(schema.safeParse(value).success).toBe(false);
});

test('text that is refused is not repeated in the message', () => {
  const { error } = jsonOf(jsonObject).safeParse('{"password": hunter2}');
  expect(error?.issues.map(({ message }) => message)).toEqual([
    'expected an object, or one as text of JSON, but the text is not JSON',
  ]);
});

test('JSON in another text is a text, whose keys nobody counts', () => {
  const inner = '{"a": 1, "a": 2}';
  expect(jsonOf(jsonObject).parse(JSON.stringify({ inner }))).toEqual({ inner });
});
