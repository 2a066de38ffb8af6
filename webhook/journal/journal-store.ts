import type { Journal, JournalContent } from './journal.ts';

/** Where a namespace's journal is kept. All operations are linearizable. */
export interface JournalStore {
  /** A quorum read; undefined where the namespace has none. Rejects with SlotsUnavailableError for an unknown format. */
  read(namespace: string): Promise<Journal | undefined>;
  /**
   * Rejects with JournalConflictError when one exists, NamespaceOverError where the namespace is being
   * deleted, anything else when it cannot be known whether it was created.
   */
  create(namespace: string, content: JournalContent): Promise<Journal>;
  /**
   * Compare-and-swap on `base`'s uid and resourceVersion. Rejects with JournalConflictError when `base` is not
   * what is stored, anything else when it cannot be known whether it was written.
   */
  replace(namespace: string, base: Journal, content: JournalContent): Promise<Journal>;
}
