import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseParameters } from './parse-parameters.ts';

const action = { name: 'scale', parameters: z.strictObject({ pod: z.object({ name: z.string() }) }) };

test('what fits comes out as the schema has parsed it', () => {
  const parameters = z.object({ replicas: z.coerce.number() });
  expect(parseParameters({ name: 'scale', parameters }, { replicas: '3' })).toEqual({
    fits: true,
    parameters: { replicas: 3 },
  });
});

test('a misfit has a line for each field, with its path', () => {
  expect(parseParameters(action, { pod: { name: 1 }, more: 2 })).toEqual({
    fits: false,
    message: expect.stringMatching(
      /^The parameters do not fit the action scale:\nparameters\.pod\.name: .*string.*\nparameters: .*"more"/,
    ),
  });
});

test('absent parameters are none', () => {
  expect(parseParameters({ name: 'any', parameters: z.strictObject({}) }, undefined)).toMatchObject({
    fits: true,
  });
});

test('many misfits are counted, not listed', () => {
  const parameters = z.array(z.number());
  const { message } = parseParameters({ name: 'any', parameters }, Array.from({ length: 1_000 }, String)) as {
    message: string;
  };
  expect(message.split('\n')).toHaveLength(22);
  expect(message).toMatch(/and 980 more$/);
});

test('a schema that throws is a misfit', () => {
  const parameters = z.custom(() => {
    throw new Error('boo');
  });
  expect(parseParameters({ name: 'any', parameters }, {})).toEqual({
    fits: false,
    message: 'The schema of the action any threw: boo',
  });
});
