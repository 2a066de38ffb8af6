import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface JournalMetrics {
  /** A write was stored that carried this many creates. */
  readonly written: (batchSize: number) => void;
  readonly conflicted: () => void;
  /** A journal started anew; the reason is of a closed set. */
  readonly restarted: (reason: string) => void;
  /** A batch was decided by a list. */
  readonly degraded: () => void;
  /** Reservations in the journals that this replica knows. */
  readonly reservations: (count: number) => void;
}

/** How the slot journals fare. */
export function createJournalMetrics(registry: Registry): JournalMetrics {
  const registers = [registry];
  const writes = new Counter({
    name: 'stepgate_journal_writes_total',
    help: 'Writes of slot journals that the API server stored.',
    registers,
  });
  const conflicts = new Counter({
    name: 'stepgate_journal_conflicts_total',
    help: 'Writes of slot journals that were refused because another replica had written.',
    registers,
  });
  const batchSize = new Histogram({
    name: 'stepgate_journal_batch_size',
    help: 'Creates that one write of a slot journal carried.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const restarts = new Counter({
    name: 'stepgate_journal_restarts_total',
    help: 'Slot journals that started anew, because they were lost or because history went backwards.',
    labelNames: ['reason'],
    registers,
  });
  const degraded = new Counter({
    name: 'stepgate_degraded_decisions_total',
    help: 'Batches that were decided by a list, because the watch was behind or might be stuck.',
    registers,
  });
  const reservations = new Gauge({
    name: 'stepgate_reservations',
    help: 'Slots that are taken by creates which were admitted and have not been seen yet.',
    registers,
  });
  return {
    written: (size) => {
      writes.inc();
      batchSize.observe(size);
    },
    conflicted: () => conflicts.inc(),
    restarted: (reason) => restarts.inc({ reason }),
    degraded: () => degraded.inc(),
    reservations: (count) => reservations.set(count),
  };
}
