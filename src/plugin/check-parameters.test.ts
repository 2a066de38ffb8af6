import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findParameterFaults, maximumParametersBytes, parametersInvalid } from './check-parameters.ts';

function faults(schema: z.ZodType, parameters: Record<string, unknown>) {
  return findParameterFaults({ name: 'scale', parameters: schema }, parameters).map(
    ({ reason, field, message }) => [reason, field, message],
  );
}

const deployment = z.strictObject({ name: z.string(), replicas: z.coerce.number().int().min(0).optional() });

describe('parameters', () => {
  it('that fit have no faults', () => {
    expect(faults(deployment, { name: 'web', replicas: '3' })).toEqual([]);
  });

  it.each<[string, z.ZodType, Record<string, unknown>, string, string]>([
    [
      'one is missing',
      deployment,
      {},
      'spec.parameters.name',
      'Action "scale" needs the parameter "name": expected string.',
    ],
    [
      'one has another type',
      deployment,
      { name: 7 },
      'spec.parameters.name',
      'Parameter "name" of action "scale" is not valid: expected string, received number.',
    ],
    [
      'one is too small',
      deployment,
      { name: 'web', replicas: -1 },
      'spec.parameters.replicas',
      'Parameter "replicas" of action "scale" is not valid: Too small: expected number to be >=0.',
    ],
    [
      'one is not known',
      deployment,
      { name: 'web', replica: 3 },
      'spec.parameters.replica',
      'Action "scale" takes no parameter "replica".',
    ],
    [
      'one deep inside is wrong',
      z.object({ targets: z.array(z.object({ 'app/name': z.string() })) }),
      { targets: [{ 'app/name': 'web' }, { 'app/name': null }] },
      'spec.parameters.targets[1][app/name]',
      'Parameter "targets[1][app/name]" of action "scale" is not valid: expected string, received null.',
    ],
    [
      'none of several kinds fits',
      z.object({ count: z.union([z.number(), z.literal('all')]) }),
      { count: true },
      'spec.parameters.count',
      'Parameter "count" of action "scale" is not valid: expected number, received boolean; or expected "all".',
    ],
    [
      'they do not go together',
      z.object({}).refine(() => false, 'choose one.'),
      {},
      'spec.parameters',
      'The parameters of action "scale" are not valid: choose one.',
    ],
    [
      'a number has lost digits',
      z.looseObject({}),
      { id: 2 ** 60 },
      'spec.parameters',
      'The parameters of action "scale" cannot be read exactly: the number 1152921504606847000 may have lost digits: write it as a string.',
    ],
  ])('are refused where %s, with the field and a sentence', (_, schema, parameters, field, message) => {
    expect(faults(schema, parameters)).toEqual([['ParametersInvalid', field, message]]);
  });

  it('have one cause for each field, and not more than a person reads', () => {
    const schema = z.object(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`p${n}`, z.string()])));
    const all = faults(schema, {});
    expect(all).toHaveLength(17);
    expect(all.at(-1)).toEqual([
      'ParametersInvalid',
      'spec.parameters',
      '4 more parameters of action "scale" do not fit.',
    ]);
  });

  it('that are too large are refused before the schema sees them', () => {
    const schema = z.custom(() => expect.fail('it is asked'));
    const filled = (length: number) => ({ text: 'x'.repeat(length) });
    expect(faults(schema, filled(maximumParametersBytes))).toMatchObject([
      ['ParametersTooLarge', 'spec.parameters', expect.stringContaining('262144 is the most')],
    ]);
    expect(faults(z.looseObject({}), filled(maximumParametersBytes - '{"text":""}'.length))).toEqual([]);
  });

  it('nested too deep are refused before anything walks them', () => {
    let nested: Record<string, unknown> = {};
    for (let depth = 0; depth < 9_000; depth += 1) nested = { nested };
    expect(faults(z.looseObject({}), nested)).toMatchObject([
      ['ParametersInvalid', 'spec.parameters', expect.stringContaining('nested deeper')],
    ]);
  });
});

it('the denial says all of it in its message too', () => {
  const causes = findParameterFaults({ name: 'scale', parameters: deployment }, { replicas: 1.5 });
  expect(parametersInvalid('scale', causes)).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message:
      'The parameters do not fit the action "scale". Action "scale" needs the parameter "name": expected string. ' +
      'Parameter "replicas" of action "scale" is not valid: expected int, received number.',
    causes,
  });
});
