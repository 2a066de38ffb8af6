import { z } from 'zod';

/**
 * What was at the places that a patch sets, before it did: enough to undo it by a JSON merge patch. A list counts as
 * one value, because a merge patch replaces lists as a whole. Without `value` there was nothing.
 */
export type PreviousValues = { path: string[]; value?: unknown }[];

type JsonObject = Readonly<Record<string, unknown>>;

/** Results have at most 64 KiB, so that no genuine one comes near. */
const bounds = { values: 10_000, depth: 500, keyLength: 4_096 };

/** The values that {@link previousValues} can give for a patch, and no others: each is at a place that the patch sets. */
export function previousValuesSchema(patch: JsonObject) {
  const entry = z.strictObject({
    path: z.array(z.string().max(bounds.keyLength)).min(1).max(bounds.depth),
    value: z.unknown().optional(),
  });
  return z
    .array(entry.refine((value) => isSetBy(patch, value), 'expected a place that the parameters set'))
    .max(bounds.values);
}

/** Where the patch sets an object as a whole, there was none before. */
function isSetBy(patch: JsonObject, { path, value }: PreviousValues[number]): boolean {
  let at: unknown = patch;
  for (const key of path) {
    if (!isObject(at) || !Object.hasOwn(at, key)) return false;
    at = at[key];
  }
  return !isObject(at) || !isObject(value);
}

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

/**
 * The JSON merge patch that puts the values back into an object which `patch` has changed, as it is `now`. What others
 * have added since, beside what the patch has set, stays.
 */
export function restoringPatch(
  values: PreviousValues,
  patch: JsonObject,
  now: unknown,
): Readonly<Record<string, unknown>> {
  const restoring: Record<string, unknown> = {};
  for (const { path, value = null } of values) {
    let at = restoring;
    for (const key of path.slice(0, -1)) at = ownObject(at, key);
    const left = removing(valueAt(patch, path), valueAt(now, path));
    define(at, path.at(-1) ?? '', left ?? value);
  }
  return restoring;
}

/** The merge patch that takes away what was set, below a place; null where nothing else is there. */
function removing(set: unknown, now: unknown): JsonObject | null {
  if (!isObject(set) || !isObject(now)) return null;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(set))
    define(patch, key, removing(value, Object.hasOwn(now, key) ? now[key] : undefined));
  const isAlone =
    Object.keys(now).every((key) => Object.hasOwn(set, key)) &&
    Object.values(patch).every((left) => left === null);
  return isAlone ? null : patch;
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  let at = object;
  for (const key of path) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
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
