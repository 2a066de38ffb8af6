import { hasReached } from '../../src/api/resource-version.ts';
import { createActiveExecutionCache, type ActiveExecutionCache } from './active-execution-cache.ts';
import type { ObservedExecution } from './execution-view.ts';
import type { Journal } from './journal.ts';
import { createNamespaceSlots, type NamespaceSlots, type SlotsEnvironment } from './namespace-slots.ts';
import { createSeenExecutions } from './seen-executions.ts';
import type { SlotOutcome, SlotRequest } from './slot-request.ts';
import type { NewMark } from './workflow-marks.ts';

/** What a keeper is handed; the rest it makes itself. */
export type SlotKeeperOptions = Omit<
  SlotsEnvironment,
  'cache' | 'seen' | 'cacheDistrusted' | 'onHistoryBackwards' | 'onRest'
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
  /** How many namespaces it keeps something of: those that have a journal, and those in which somebody waits. */
  readonly namespaces: number;
  /** Answers exactly, or rejects with SlotsUnavailableError at the request's deadline. */
  request(namespace: string, request: SlotRequest): Promise<SlotOutcome>;
  /**
   * Writes down that a workflow begins to need approval, before that is let through: from then on no execution is
   * admitted by what the watch has shown of it earlier. Rejects with SlotsUnavailableError at the deadline.
   */
  mark(namespace: string, mark: NewMark, deadline: number): Promise<void>;
  /** The watch of SlotJournals has shown this one. */
  journalObserved(namespace: string, journal: Journal): void;
  /** A complete list of SlotJournals, by namespace. */
  journalsListed(journals: ReadonlyMap<string, Journal>): void;
  /** The watch of SlotJournals has shown its deletion. */
  journalGone(namespace: string): void;
}

interface KnownNamespace {
  readonly slots: NamespaceSlots;
  /** As many as are counted of it. */
  reservations: number;
}

/** A keeper that knows nothing yet. */
export function createSlotKeeper(options: SlotKeeperOptions): SlotKeeper {
  const namespaces = new Map<string, KnownNamespace>();
  let reservations = 0;
  const seen = createSeenExecutions();
  const cache = createActiveExecutionCache(options.clock, (execution) => {
    seen.note(execution);
    namespaces.get(execution.namespace)?.slots.executionSeen(execution);
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
    onRest: forgetIfSpare,
  };

  function known(namespace: string): KnownNamespace {
    const before = namespaces.get(namespace);
    if (before !== undefined) return before;
    const made = { slots: createNamespaceSlots(namespace, environment), reservations: 0 };
    namespaces.set(namespace, made);
    return made;
  }

  const slotsOf = (namespace: string): NamespaceSlots => known(namespace).slots;

  function count(namespace: KnownNamespace): void {
    const before = namespace.reservations;
    namespace.reservations = namespace.slots.holder.copy?.reservations.length ?? 0;
    reservations += namespace.reservations - before;
    options.metrics.reservations(reservations);
  }

  /** A namespace that is over, or in which there were dry runs alone. */
  function forgetIfSpare(namespace: string): void {
    if (namespaces.get(namespace)?.slots.isSpare === true) namespaces.delete(namespace);
  }

  async function gone(namespace: string): Promise<void> {
    const lost = namespaces.get(namespace);
    if (lost === undefined) return;
    const restored = lost.slots.holder.gone();
    count(lost);
    await restored;
    forgetIfSpare(namespace);
  }

  return {
    cache,
    recall: seen.note,
    get namespaces() {
      return namespaces.size;
    },
    request: (namespace, request) => slotsOf(namespace).request(request),
    mark: (namespace, mark, deadline) => slotsOf(namespace).mark(mark, deadline),
    journalObserved(namespace, journal) {
      const observed = known(namespace);
      observed.slots.journalObserved(journal);
      count(observed);
    },
    journalsListed(journals) {
      for (const [namespace, journal] of journals) {
        const listed = known(namespace);
        void listed.slots.holder.listed(journal);
        count(listed);
      }
      for (const namespace of namespaces.keys()) if (!journals.has(namespace)) void gone(namespace);
    },
    journalGone: (namespace) => void gone(namespace),
  };
}
