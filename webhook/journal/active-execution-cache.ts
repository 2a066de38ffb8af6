import { hasReached, laterResourceVersion, zeroResourceVersion } from '../../src/api/resource-version.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { ActiveNames, ExecutionView, ObservedExecution } from './execution-view.ts';

/**
 * The active executions as the watch shows them. Settling and deletion both arrive as `removed`, because the
 * watch selects active executions alone.
 */
export interface ActiveExecutionCache extends ExecutionView {
  readonly revision: string;
  /** Counts the complete lists the cache was made from; 0 before the first. */
  readonly generation: number;
  /** A complete list replaces what was known, at once. */
  replaced(items: readonly ObservedExecution[], revision: string): void;
  upserted(item: ObservedExecution): void;
  removed(item: ObservedExecution): void;
  /** A bookmark: nothing was missed up to this resourceVersion. */
  progressed(revision: string): void;
  /** Resolves to whether the view reached `revision` within `milliseconds`. */
  reached(revision: string, milliseconds: number): Promise<boolean>;
  /** Number of active executions in the cluster. */
  readonly size: number;
}

type Workflows = Map<string, Map<string, string>>;

const nothing: ActiveNames = new Map<string, string>();

/** `onSeen` is told of every execution that an event or a list shows, settled and deleted ones too. */
export function createActiveExecutionCache(
  clock: Clock,
  onSeen: (execution: ObservedExecution) => void,
): ActiveExecutionCache {
  let namespaces = new Map<string, Workflows>();
  let revision = zeroResourceVersion;
  let generation = 0;
  let size = 0;
  const waiting = new Set<{ readonly revision: string; readonly wake: () => void }>();

  function advance(to: string): void {
    revision = laterResourceVersion(revision, to);
    for (const waiter of waiting) if (hasReached(revision, waiter.revision)) waiter.wake();
  }

  function put(into: Map<string, Workflows>, { namespace, workflow, name, uid }: ObservedExecution): void {
    // Nobody asks for the slots of an execution without a workflow.
    const workflows = getOrInsert(into, namespace, () => new Map<string, Map<string, string>>());
    const names = getOrInsert(workflows, workflow ?? '', () => new Map<string, string>());
    if (!names.has(name)) size += 1;
    names.set(name, uid);
  }

  function take({ namespace, workflow, name, uid }: ObservedExecution): void {
    const workflows = namespaces.get(namespace);
    const names = workflows?.get(workflow ?? '');
    if (names?.get(name) !== uid) return;
    names.delete(name);
    size -= 1;
    if (names.size === 0) workflows?.delete(workflow ?? '');
    if (workflows?.size === 0) namespaces.delete(namespace);
  }

  return {
    get revision() {
      return revision;
    },
    get generation() {
      return generation;
    },
    get size() {
      return size;
    },
    active: (namespace, workflow) => namespaces.get(namespace)?.get(workflow) ?? nothing,
    replaced(items, listRevision) {
      const next = new Map<string, Workflows>();
      size = 0;
      for (const item of items) put(next, item);
      namespaces = next;
      generation += 1;
      // A list may be older than what was seen before, where history went backwards: believe the list.
      revision = listRevision;
      for (const item of items) onSeen(item);
      advance(listRevision);
    },
    upserted(item) {
      if (item.workflow !== undefined) take({ ...item, workflow: undefined });
      put(namespaces, item);
      onSeen(item);
      advance(item.resourceVersion);
    },
    removed(item) {
      take(item);
      onSeen(item);
      advance(item.resourceVersion);
    },
    progressed: advance,
    async reached(needed, milliseconds) {
      if (hasReached(revision, needed)) return true;
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiter = { revision: needed, wake: resolve };
      waiting.add(waiter);
      const cancel = clock.setTimer(milliseconds, resolve);
      await promise;
      cancel();
      waiting.delete(waiter);
      return hasReached(revision, needed);
    },
  };
}

function getOrInsert<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
