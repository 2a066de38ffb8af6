import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { WorkQueue } from '../../src/kube/work-queue.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { Source } from '../controller/controller.ts';
import type { Change } from '../controller/predicates.ts';

/**
 * Puts the keys that a source's changes concern into a queue, at once those of all that is in its cache. A predicate
 * that throws lets the change through: a reconcile too many harms nobody, one that is missing may.
 *
 * @returns what ends it
 */
export function bindSource<T extends KubeObject>(
  source: Source<T>,
  queue: WorkQueue,
  logger: Logger,
): () => void {
  const { store, keysOf, priority = 0 } = source;

  function concerns(change: Change<T>): boolean {
    try {
      return source.predicate?.(change) ?? true;
    } catch (error) {
      logger.error({ err: error }, 'A predicate threw; the change is let through');
      return true;
    }
  }

  function see(item: T, before: T | undefined, change: Change<T>): void {
    if (!concerns(change)) return;
    try {
      for (const key of keysOf(item, before)) queue.add(key, { priority });
    } catch (error) {
      logger.error({ err: error }, 'The keys of a change could not be found; it leads to no reconcile');
    }
  }

  const unsubscribe = store.subscribe({
    added: (item) => see(item, undefined, { before: undefined, after: item }),
    updated: (item, before) => see(item, before, { before, after: item }),
    removed: (item) => see(item, undefined, { before: item, after: undefined }),
  });
  for (const item of store.list()) see(item, undefined, { before: undefined, after: item });
  return unsubscribe;
}
