import { types } from 'node:util';
import { z } from 'zod';
import { actionSchema } from '../api/action-fields.ts';

/** Source: RFC 1123, as apimachinery `validation.IsDNS1123Label` has it. */
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const isFunction = (value: unknown): boolean => typeof value === 'function';
const aFunction = z.custom(isFunction, 'expected a function');

/** A plugin may bring a copy of zod of its own: what counts is that it is one of version 4. */
function isSchema(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    '_zod' in value &&
    'safeParse' in value &&
    isFunction(value.safeParse)
  );
}

const action = z.looseObject({
  name: actionSchema,
  parameters: z.custom(isSchema, 'expected a schema of zod 4, such as z.object({ … })'),
  repeatable: z.boolean().optional(),
  run: aFunction,
  rollback: aFunction.optional(),
});

const check = z.looseObject({
  name: z
    .string()
    .max(63)
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'expected a name in CamelCase, such as NotOnFridays'),
  actions: z.union([z.literal('*'), z.array(actionSchema)], "expected '*' or a list of actions").optional(),
  onFailure: z.literal(['refuse', 'allow'], "expected 'refuse' or 'allow'").optional(),
  unparsedParameters: z.literal(['fail', 'raw'], "expected 'fail' or 'raw'").optional(),
  check: aFunction.refine(
    (value) => !types.isAsyncFunction(value),
    'expected a function that is not async: a check answers at once',
  ),
});

/** What a plugin must be, whoever wrote it and in which language. Fields that are not known are let be. */
export const pluginSchema = z.looseObject({
  name: z.string().regex(dnsLabel, 'expected a DNS label, such as acme'),
  actions: z.array(action).optional(),
  checks: z.array(check).optional(),
});
