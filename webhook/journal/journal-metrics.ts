/** Why a journal started anew. */
export type JournalRestartReason = 'lost' | 'history-backwards';

/** What the journal tells of itself; src/observability has the prom-client side. */
export interface JournalMetrics {
  /** A write was stored that carried this many creates. */
  written(batchSize: number): void;
  conflicted(): void;
  restarted(reason: JournalRestartReason): void;
  /** A batch was decided by a list, because the watch was behind or might be stuck. */
  degraded(): void;
  /** Reservations in the journals that this replica knows. */
  reservations(count: number): void;
}
