import { hasReached } from '../../src/api/resource-version.ts';
import { createActiveExecutionCache, type ActiveExecutionCache } from './active-execution-cache.ts';
import type { ObservedExecution } from './execution-view.ts';
import type { Journal } from './journal.ts';
import { createNamespaceSlots, type NamespaceSlots, type SlotsEnvironment } from './namespace-slots.ts';
import { createSeenExecutions } from './seen-executions.ts';
import type { SlotOutcome, SlotRequest } from './slot-request.ts';
import type { WorkflowMark } from './workflow-marks.ts';

/** What a keeper is handed; the rest it makes itself. */
export type SlotKeeperOptions = Omit<
  SlotsEnvironment,
  'cache' | 'seen' | 'cacheDistrusted' | 'onHistoryBackwards'
> & {
  /** For the log. */
  readonly onHistoryBackwards?: (namespace: string) => void;
};

/** A replica's knowledge of all slots of the cluster. Feed it the watches, ask it for slots. */
export interface SlotKeeper {
  /** Feed it the watch of active executions. */
  readonly cache: ActiveExecutionCache;
  /** An execution was seen otherwise than by the watch, such as one that settled before this replica started. */
  readonly recall: (execution: ObservedExecution) => void;
  /** Answers exactly, or rejects with SlotsUnavailableError at the request's deadline. */
  request(namespace: string, request: SlotRequest): Promise<SlotOutcome>;
  /**
   * Writes down that a workflow begins to need approval, before that is let through: from then on no execution is
   * admitted by what the watch has shown of it earlier. Rejects with SlotsUnavailableError at the deadline.
   */
  mark(namespace: string, mark: WorkflowMark, deadline: number): Promise<void>;
  /** The watch of SlotJournals has shown this one. */
  journalObserved(namespace: string, journal: Journal): void;
  /** A complete list of SlotJournals, by namespace. */
  journalsListed(journals: ReadonlyMap<string, Journal>): void;
  /** The watch of SlotJournals has shown its deletion. */
  journalGone(namespace: string): void;
}

/** A keeper that knows nothing yet. */
export function createSlotKeeper(options: SlotKeeperOptions): SlotKeeper {
  const namespaces = new Map<string, NamespaceSlots>();
  const seen = createSeenExecutions();
  const cache = createActiveExecutionCache(options.clock, (execution) => {
    seen.note(execution);
    namespaces.get(execution.namespace)?.executionSeen(execution);
  });
  /** The cache is of a history that was taken back until it is made from a newer list than this. */
  let distrustedGeneration = -1;

  function onHistoryBackwards(namespace: string): void {
    seen.clear();
    distrustedGeneration = cache.generation;
    options.onHistoryBackwards?.(namespace);
  }

  const environment: SlotsEnvironment = {
    ...options,
    reader: {
      ...options.reader,
      async listActive(namespace) {
        const shown = cache.revision;
        const list = await options.reader.listActive(namespace);
        // A consistent list that is older than what the watch has shown: that was another history.
        if (!hasReached(list.revision, shown)) onHistoryBackwards(namespace);
        return list;
      },
    },
    cache,
    seen,
    cacheDistrusted: () => cache.generation <= distrustedGeneration,
    onHistoryBackwards,
  };

  function slotsOf(namespace: string): NamespaceSlots {
    const known = namespaces.get(namespace);
    if (known !== undefined) return known;
    const slots = createNamespaceSlots(namespace, environment);
    namespaces.set(namespace, slots);
    return slots;
  }

  function countReservations(): void {
    let count = 0;
    for (const { holder } of namespaces.values()) count += holder.copy?.reservations.length ?? 0;
    options.metrics.reservations(count);
  }

  return {
    cache,
    recall: seen.note,
    request: (namespace, request) => slotsOf(namespace).request(request),
    mark: (namespace, mark, deadline) => slotsOf(namespace).mark(mark, deadline),
    journalObserved(namespace, journal) {
      slotsOf(namespace).journalObserved(journal);
      countReservations();
    },
    journalsListed(journals) {
      for (const [namespace, journal] of journals) void slotsOf(namespace).holder.listed(journal);
      for (const [namespace, { holder }] of namespaces) if (!journals.has(namespace)) void holder.gone();
      countReservations();
    },
    journalGone(namespace) {
      void namespaces.get(namespace)?.holder.gone();
    },
  };
}
