import { z } from 'zod';
import { objectNameMaxLength, objectNamePattern } from '../../src/api/object-name.ts';
import { readJsonText } from './json-text.ts';

/**
 * What the parameters of the built-in actions are made of. Workflows may write numbers, truth values and objects as
 * text (`{"replicas": "3"}`): text that is exactly one of them is taken for it, and nothing else is.
 */

/** The name of a Kubernetes object. */
export const objectName = z
  .string()
  .max(objectNameMaxLength)
  .regex(objectNamePattern, 'expected the name of an object: lower case letters, digits, "-" and "."');

/** A namespace; absent: that of the execution. */
export const namespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected the name of a namespace')
  .optional();

/** The uid of an object. */
export const objectUid = z.string().min(1).max(128);

/** A key in the data of a ConfigMap or Secret. Source: apimachinery `validation.IsConfigMapKey`. */
export const dataKey = z
  .string()
  .max(objectNameMaxLength)
  .regex(/^[-._a-zA-Z0-9]+$/, 'expected letters, digits, "-", "_" and "."');

/** A whole number from `least`, as such or in decimal digits. */
export function wholeNumber(least = 0, most = 2_147_483_647) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );
}

/** A truth value, as such or as `true` or `false`. */
export const flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);

/** An object or a list that `schema` accepts, as such or as a text of JSON in which no key is twice. */
export function jsonOf<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    const read = readJsonText(value);
    if ('value' in read) return read.value;
    context.addIssue(`expected an object, or one as text of JSON, but ${read.problem}`);
    return z.NEVER;
  }, schema);
}

/** Any JSON object. */
export const jsonObject = z.record(z.string(), z.unknown());
