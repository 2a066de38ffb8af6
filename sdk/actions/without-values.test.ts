import { expect, test } from 'vitest';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { withoutValues } from './without-values.ts';

const refused = (code: number, message: string, field?: string) =>
  new KubeStatusError({
    code,
    reason: 'Refused',
    message,
    ...(field === undefined ? {} : { details: { causes: [{ field, message }] } }),
  });

test.each([
  [422, 'data[password]: Invalid value: "hunter2"'],
  [400, 'cannot decode hunter2'],
  [403, 'admission webhook "x" denied the request: hunter2 is weak'],
  [500, 'no sense in hunter2'],
])('a %i that may quote a value is told without its words', (code, message) => {
  const told = withoutValues(refused(code, message, 'data[password]')) as Error;
  expect(told.message).toBe(`The API server refused the change: ${code} Refused (data[password]).`);
  expect(told.cause).toBeUndefined();
});

test('an API server that has too much to do is told from one that refuses, without its words either', () => {
  const told = withoutValues(
    refused(503, 'admission webhook "x" denied the request: hunter2', 'data[password]'),
  );
  expect(told).toBeInstanceOf(KubeStatusError);
  expect((told as KubeStatusError).status).toEqual({
    code: 503,
    reason: 'Refused',
    message: 'the change was not answered (data[password])',
  });
});

test.each([
  [
    403,
    'secrets "keys" is forbidden: User "u" cannot patch resource "secrets" in API group "" in the namespace "n"',
  ],
  [404, 'secrets "keys" not found'],
])('a %i that quotes none stays as it is', (code, message) => {
  const error = refused(code, message);
  expect(withoutValues(error)).toBe(error);
});
