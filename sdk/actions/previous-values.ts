import { z } from 'zod';

/**
 * What was at the places that a patch sets, before it did: enough to undo it by a JSON merge patch. A list counts as
 * one value, because a merge patch replaces lists as a whole. Without `value` there was nothing.
 */
export const previousValuesSchema = z.array(
  z.object({ path: z.array(z.string()), value: z.unknown().optional() }),
);

export type PreviousValues = z.infer<typeof previousValuesSchema>;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The values of `object` at every place that `patch` sets.
 * @example previousValues({ spec: { replicas: 3 } }, { spec: { replicas: 1 } }) // [{ path: ['spec', 'replicas'], value: 1 }]
 */
export function previousValues(patch: JsonObject, object: unknown): PreviousValues {
  return Object.entries(patch).flatMap(([key, patched]): PreviousValues => {
    const before = isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
    if (isObject(patched) && isObject(before)) {
      return previousValues(patched, before).map(({ path, ...rest }) => ({ path: [key, ...path], ...rest }));
    }
    return [{ path: [key], ...(before === undefined ? {} : { value: before }) }];
  });
}

/** The JSON merge patch that puts the values back. */
export function restoringPatch(values: PreviousValues): Readonly<Record<string, unknown>> {
  const patch: Record<string, unknown> = {};
  for (const { path, value = null } of values) {
    let at = patch;
    for (const key of path.slice(0, -1)) at = ownObject(at, key);
    define(at, path.at(-1) ?? '', value);
  }
  return patch;
}

function ownObject(object: Record<string, unknown>, key: string): Record<string, unknown> {
  if (!Object.hasOwn(object, key)) define(object, key, {});
  return object[key] as Record<string, unknown>;
}

/** `__proto__` is a key like any other. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
