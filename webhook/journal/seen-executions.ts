import { compareResourceVersions } from '../../src/api/resource-version.ts';
import type { ObservedExecution } from './execution-view.ts';

/**
 * Memory of executions that were seen, with the resourceVersion at which they were: a uid counts as seen only
 * in views at or past it. Also which uid a name had last, as a hint that a create of that name must fail.
 *
 * Bounded: what is forgotten costs a slot its lifetime at most, never the limit.
 */
export interface SeenExecutions {
  readonly note: (execution: ObservedExecution) => void;
  /** The earliest resourceVersion at which the uid was seen. */
  readonly seenAt: (uid: string) => string | undefined;
  /** The uid under which a name was last seen. A hint, never a fact. */
  uidOf(namespace: string, name: string): string | undefined;
  /** The name was asked for and does not exist: the hint `uid` was out of date. */
  forgetName(namespace: string, name: string, uid: string | undefined): void;
  /** History went backwards: nothing that was seen counts. */
  clear(): void;
}

/** How many uids and names are remembered, where nothing else is asked for. */
export const seenExecutionsCapacity = 50_000;

/** `capacity` is the number of uids and of names that are remembered. */
export function createSeenExecutions(capacity = seenExecutionsCapacity): SeenExecutions {
  const revisions = new Map<string, string>();
  const names = new Map<string, string>();
  return {
    note({ namespace, name, uid, resourceVersion }) {
      const before = revisions.get(uid);
      if (before === undefined || compareResourceVersions(resourceVersion, before) < 0) {
        remember(revisions, uid, resourceVersion, capacity);
      }
      const key = `${namespace}/${name}`;
      if (names.get(key) !== uid) remember(names, key, uid, capacity);
    },
    seenAt: (uid) => revisions.get(uid),
    uidOf: (namespace, name) => names.get(`${namespace}/${name}`),
    forgetName(namespace, name, uid) {
      const key = `${namespace}/${name}`;
      if (names.get(key) === uid) names.delete(key);
    },
    clear() {
      revisions.clear();
      names.clear();
    },
  };
}

/** Sets and, past the capacity, forgets the oldest. */
function remember(map: Map<string, string>, key: string, value: string, capacity: number): void {
  map.set(key, value);
  if (map.size <= capacity) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
