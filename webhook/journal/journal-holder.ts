import { compareResourceVersions } from '../../src/api/resource-version.ts';
import type { Clock } from '../../src/kube/clock.ts';
import { createDoubts, type Doubts } from './doubts.ts';
import { newestOf, type ExecutionReader } from './execution-view.ts';
import { JournalConflictError, NamespaceOverError } from './journal-errors.ts';
import type { JournalStore } from './journal-store.ts';
import { withAges } from './reservation-ages.ts';
import { isSameJournal, type Journal, type JournalContent } from './journal.ts';

/** What a holder is made of. */
export interface JournalHolderOptions {
  readonly namespace: string;
  readonly store: JournalStore;
  readonly reader: ExecutionReader;
  readonly clock: Clock;
  /** The journal is older than one that was known: etcd was restored, or the journal was. */
  readonly onHistoryBackwards: () => void;
  /** A newer journal is known. */
  readonly onAdopted: (journal: Journal) => void;
  /** A journal was made anew where an earlier one had been lost. */
  readonly onLost: () => void;
  /** The namespace is gone, or on its way: what was known of its journal is of no use. */
  readonly onOver: () => void;
}

/**
 * A replica's copy of one namespace's journal. After its own write, or when the watch has shown a newer one,
 * nobody needs to read it before the next write; compare-and-swap decides who was right.
 */
export interface JournalHolder {
  readonly doubts: Doubts;
  /** The copy, as old as it may be. */
  readonly copy: Journal | undefined;
  /** True from the first sight of a journal until its namespace is over: its absence is then a loss. */
  readonly known: boolean;
  /** Milliseconds of the clock since this replica knows that the journal recovers. */
  readonly recoveringSince: number | undefined;
  /** The copy, or what a quorum read gives, or a new journal. */
  current(): Promise<Journal>;
  /** What a quorum read gives, or a new journal. */
  refreshed(): Promise<Journal>;
  /** What a quorum read gives; undefined where there is none. Makes none. */
  read(): Promise<Journal | undefined>;
  /** A compare-and-swap on the journal; a failure leaves the holder without a copy. */
  write(base: Journal, content: JournalContent): Promise<Journal>;
  /** What the watch has shown. */
  observed(journal: Journal): void;
  /** A complete list has shown it: older than what was known means that history went backwards, or a race. */
  listed(journal: Journal): Promise<void>;
  /** The watch has shown its deletion: where it was lost, not its namespace, start it anew at once. */
  gone(): Promise<void>;
}

/** A holder without a copy. */
export function createJournalHolder(options: JournalHolderOptions): JournalHolder {
  const { namespace, store, reader, clock } = options;
  const doubts = createDoubts();
  let copy: Journal | undefined;
  let known = false;
  let recoveringSince: number | undefined;
  let latest: Journal | undefined;

  function adopt(journal: Journal): Journal {
    const before = latest?.uid === journal.uid ? latest : undefined;
    if (before !== undefined && isOlder(journal.compactedThrough, before.compactedThrough)) {
      options.onHistoryBackwards();
    }
    copy = latest = journal;
    known = true;
    doubts.follow(journal, clock.now());
    if (!journal.recovering) recoveringSince = undefined;
    else if (before?.recovering !== true) recoveringSince = clock.now();
    options.onAdopted(journal);
    return journal;
  }

  function adoptUnlessOlder(journal: Journal): Journal {
    if (latest === undefined || isOlder(latest.resourceVersion, journal.resourceVersion))
      return adopt(journal);
    copy = latest;
    return copy;
  }

  async function refreshed(): Promise<Journal> {
    const before = latest;
    return adoptRead((await store.read(namespace)) ?? (await startAnew()), before);
  }

  /** `before` is what was known when the read began. */
  function adoptRead(journal: Journal, before: Journal | undefined): Journal {
    // The watch has shown a newer one while the read was under way.
    if (latest !== before) return adoptUnlessOlder(journal);
    if (before !== undefined && isSameJournal(before, journal)) return (copy = before);
    if (before !== undefined && !isOlder(before.resourceVersion, journal.resourceVersion))
      options.onHistoryBackwards();
    return adopt(journal);
  }

  async function startAnew(): Promise<Journal> {
    const lost = known;
    const list = await reader.listActive(namespace);
    // A first journal needs only what no journal has covered: the executions there are. A lost one may have
    // admitted creates that nobody sees yet, so the new one admits nothing before they are known.
    const compactedThrough = lost ? list.revision : newestOf(list);
    const content = { compactedThrough, reservations: [], recovering: lost };
    try {
      const journal = await store.create(namespace, content);
      if (lost) options.onLost();
      return journal;
    } catch (error) {
      if (error instanceof NamespaceOverError) {
        known = false;
        options.onOver();
      }
      throw error;
    }
  }

  return {
    doubts,
    get copy() {
      return copy;
    },
    get known() {
      return known;
    },
    get recoveringSince() {
      return recoveringSince;
    },
    current: async () => copy ?? refreshed(),
    refreshed,
    async read() {
      const before = latest;
      const journal = await store.read(namespace);
      return journal && adoptRead(journal, before);
    },
    async write(base, content) {
      try {
        const aged = withAges(content, (uid) => doubts.get(uid)?.since, clock.now());
        return adoptUnlessOlder(await store.replace(namespace, base, aged));
      } catch (error) {
        const overtaken = error instanceof JournalConflictError && copy !== undefined && copy !== base;
        if (!overtaken) copy = undefined;
        throw error;
      }
    },
    observed(journal) {
      if (latest === undefined || isOlder(latest.resourceVersion, journal.resourceVersion)) adopt(journal);
    },
    async listed(journal) {
      if (latest === undefined || isOlder(latest.resourceVersion, journal.resourceVersion)) adopt(journal);
      else if (!isSameJournal(latest, journal)) {
        copy = undefined;
        await restored();
      }
    },
    async gone() {
      copy = undefined;
      await restored();
    },
  };

  /** Until there is a copy, or no namespace that wants one. A create that comes meanwhile tries by itself. */
  async function restored(): Promise<void> {
    for (let pause = 250; known && copy === undefined; pause = Math.min(2 * pause, 30_000)) {
      try {
        await refreshed();
      } catch {
        await clock.sleep(pause);
      }
    }
  }
}

function isOlder(resourceVersion: string, than: string): boolean {
  return compareResourceVersions(resourceVersion, than) < 0;
}
