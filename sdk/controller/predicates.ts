import type { KubeObject } from '../../src/kube/kube-object.ts';

/** A change in a cache: `before` is absent for a new object, `after` for one that is gone. */
export interface Change<T extends KubeObject> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Whether a change concerns anybody. */
export type Predicate<T extends KubeObject> = (change: Change<T>) => boolean;

/**
 * True when an object is new, gone, or another one under the same name, and when its spec has changed: status and
 * metadata do not count. For kinds with a status subresource, whose generation the API server raises with the spec.
 */
export const generationChanged: Predicate<KubeObject> = changed(({ metadata }) => metadata.generation);

/** True when an object is new, gone or another one, and when its labels have changed. */
export const labelsChanged: Predicate<KubeObject> = changed(({ metadata }) => sorted(metadata.labels));

/** True when an object is new, gone or another one, and when its annotations have changed. */
export const annotationsChanged: Predicate<KubeObject> = changed(({ metadata }) =>
  sorted(metadata.annotations),
);

/** True when an object is new, gone or another one, and when it has begun to be deleted or its finalizers changed. */
export const deletionChanged: Predicate<KubeObject> = changed(({ metadata }) => [
  metadata.deletionTimestamp,
  metadata.finalizers,
]);

/** Labels, annotations, finalizers or deletion: whatever people change beside the spec. */
export const metadataChanged: Predicate<KubeObject> = anyOf(
  labelsChanged,
  annotationsChanged,
  deletionChanged,
);

/** True when one of them is. */
export function anyOf<T extends KubeObject>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (change) => predicates.some((predicate) => predicate(change));
}

/** True when all of them are. */
export function allOf<T extends KubeObject>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (change) => predicates.every((predicate) => predicate(change));
}

/** True when it is false. */
export function not<T extends KubeObject>(predicate: Predicate<T>): Predicate<T> {
  return (change) => !predicate(change);
}

/**
 * True when an object is new, gone or another one under the same name, and when the part of it that `part` takes out
 * is not what it was, compared as JSON.
 *
 * @example
 * const phaseChanged = changed<KubernetesExecution>(({ status }) => status?.phase);
 */
export function changed<T extends KubeObject>(part: (item: T) => unknown): Predicate<T> {
  return ({ before, after }) => {
    if (before === undefined || after === undefined) return true;
    if (before.metadata.uid !== after.metadata.uid) return true;
    return JSON.stringify(part(before)) !== JSON.stringify(part(after));
  };
}

/** An order of keys is no difference. */
function sorted(texts: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  return Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
}
