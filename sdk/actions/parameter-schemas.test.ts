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
  [objectName, ''],
  [objectName, '../etc'],
  [objectName, 'Web'],
  [namespaceName, ''],
  [namespaceName, 'a.b'],
])('case %#: %o refuses %o', (schema: z.ZodType, value) => {
  expect(schema.safeParse(value).success).toBe(false);
});
