import { hasReached } from '../../src/api/resource-version.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { ActiveExecutionCache } from './active-execution-cache.ts';
import {
  newestOf,
  viewOfList,
  type ExecutionList,
  type ExecutionReader,
  type ExecutionView,
} from './execution-view.ts';
import { ExecutionsUnreadableError, SlotsUnavailableError } from './journal-errors.ts';
import type { JournalHolder } from './journal-holder.ts';
import type { Journal, JournalContent } from './journal.ts';
import type { SeenExecutions } from './seen-executions.ts';
import { noMarks, type WorkflowMarks } from './workflow-marks.ts';

/** How long the watch may take to show what the journal relies on, before a list is asked instead. */
const behindMilliseconds = 300;

/** For so long a list serves further denials: a watch that is silent, and may be stuck, costs one list a second. */
const listServesMilliseconds = 1_000;

/** A journal, and a view that has everything the journal relies on. */
export interface JournalAndView {
  readonly journal: JournalContent;
  /** What a write replaces; undefined for who only reads. */
  readonly base: Journal | undefined;
  readonly view: ExecutionView;
  /** True when the view is a list and not the watch. */
  readonly listed: boolean;
}

/** What it is made of. */
export interface UsableJournalOptions {
  readonly namespace: string;
  readonly holder: JournalHolder;
  readonly cache: ActiveExecutionCache;
  readonly seen: SeenExecutions;
  readonly reader: ExecutionReader;
  readonly clock: Clock;
  readonly lifetimeMilliseconds: () => number;
  /**
   * False from the loss of the watch until a complete list has replaced the cache. An API server that comes
   * back may have been restored from a backup, so only a list counts meanwhile.
   */
  readonly watchConnected: () => boolean;
  /** True while the cache shows a history that was taken back. */
  readonly cacheDistrusted: () => boolean;
  /** Decisions by a list, and journals that started anew, for metrics and logs. */
  readonly onDegraded: () => void;
  readonly onHistoryBackwards: () => void;
}

/** What a batch needs. */
interface JournalWanted {
  /** Reads the journal first. */
  readonly fresh: boolean;
  /** A list even though the watch seems good enough; does without where the API server gives none. */
  readonly wantsList: boolean;
  /** Writes nothing: a journal that is missing, or that must be renewed, is decided by as it would be. */
  readonly readOnly?: boolean;
}

/** Gives a journal and a view by which a batch may be decided. */
export function createUsableJournal(options: UsableJournalOptions) {
  const { namespace, holder, cache, seen, reader, clock } = options;
  /**
   * The complete list after which the journal was last read. While the watch is away, the API server may be
   * coming back with another history, in which the copy's resourceVersion is that of another journal.
   */
  let readFor = 0;
  let served:
    { readonly view: ExecutionView; readonly until: number; readonly generation: number } | undefined;

  async function list(): Promise<ExecutionList> {
    const listed = await reader.listActive(namespace).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      throw new ExecutionsUnreadableError(`the watch is behind, and no list is given: ${message}`, {
        cause: error,
      });
    });
    for (const item of listed.items) seen.note(item);
    return listed;
  }

  /** Creates that a lost journal had admitted may appear for a lifetime; then a list knows them all. */
  async function recover(journal: Journal, readOnly: boolean): Promise<JournalAndView> {
    const age = clock.now() - (holder.recoveringSince ?? clock.now());
    const left = options.lifetimeMilliseconds() - age;
    if (left > 0) throw recovering(left);
    const listed = await list();
    const newest = newestOf(listed);
    const compactedThrough = hasReached(newest, journal.compactedThrough) ? newest : journal.compactedThrough;
    const workflows = seenThrough(journal, listed.revision);
    return renewed(journal, { ...journal, compactedThrough, workflows, recovering: false }, listed, readOnly);
  }

  function recovering(milliseconds: number): SlotsUnavailableError {
    const seconds = Math.ceil(milliseconds / 1000);
    return new SlotsUnavailableError(
      'JournalRecovering',
      `the slot journal of namespace ${namespace} was lost; creates it may have admitted are awaited for another ${seconds} s`,
    );
  }

  /** The journal as a list has shown that it must be; who only reads decides by it all the same. */
  async function renewed(
    base: Journal,
    content: JournalContent,
    listed: ExecutionList,
    readOnly: boolean,
  ): Promise<JournalAndView> {
    const view = viewOfList(listed);
    if (readOnly) return { journal: content, base: undefined, view, listed: true };
    const written = await holder.write(base, content);
    return { journal: written, base: written, view, listed: true };
  }

  /** etcd was restored from a backup, or the journal was: what was seen in the other history does not count. */
  async function startOver(
    journal: Journal,
    listed: ExecutionList,
    readOnly: boolean,
  ): Promise<JournalAndView> {
    if (!readOnly) options.onHistoryBackwards();
    const workflows = seenThrough(journal, listed.revision);
    return renewed(journal, { ...journal, compactedThrough: listed.revision, workflows }, listed, readOnly);
  }

  /** The first journal that a create would make. */
  async function withoutJournal(): Promise<JournalAndView> {
    if (holder.known) throw recovering(options.lifetimeMilliseconds());
    const listed = await list();
    const journal = { compactedThrough: newestOf(listed), reservations: [], recovering: false };
    return { journal, base: undefined, view: viewOfList(listed), listed: true };
  }

  async function byList(journal: Journal, readOnly: boolean): Promise<JournalAndView> {
    const listed = await list();
    if (!hasReached(listed.revision, journal.compactedThrough)) return startOver(journal, listed, readOnly);
    options.onDegraded();
    const view = viewOfList(listed);
    served = { view, until: clock.now() + listServesMilliseconds, generation: cache.generation };
    return { journal, base: journal, view, listed: true };
  }

  /** The last list, while it is as good as the cache for this journal. */
  function servedList(journal: Journal): ExecutionView | undefined {
    if (served === undefined || clock.now() >= served.until || served.generation !== cache.generation)
      return undefined;
    const { revision } = served.view;
    const isEnough = hasReached(revision, journal.compactedThrough) && hasReached(revision, cache.revision);
    return isEnough ? served.view : undefined;
  }

  const find = async ({ fresh, wantsList, readOnly = false }: JournalWanted): Promise<JournalAndView> => {
    const { generation } = cache;
    const mustRead = fresh || !options.watchConnected() || readFor !== generation;
    const journal = readOnly ? await holder.read() : await (mustRead ? holder.refreshed() : holder.current());
    if (journal === undefined) return withoutJournal();
    readFor = generation;
    if (journal.recovering) return recover(journal, readOnly);
    if (options.cacheDistrusted() || !options.watchConnected()) return byList(journal, readOnly);
    const reached = await cache.reached(journal.compactedThrough, behindMilliseconds);
    if (!reached || !options.watchConnected()) return byList(journal, readOnly);
    const byCache = { journal, base: journal, view: cache, listed: false };
    if (!wantsList) return byCache;
    const view = servedList(journal);
    if (view !== undefined) return { journal, base: journal, view, listed: true };
    return byList(journal, readOnly).catch((error: unknown) => {
      if (error instanceof ExecutionsUnreadableError) return byCache;
      throw error;
    });
  };

  return async (wanted: JournalWanted): Promise<JournalAndView> => {
    for (;;) {
      const { generation } = cache;
      const found = await find(wanted);
      // A complete list came while this waited, so the journal may be of the history before it.
      if (cache.generation === generation) return found;
    }
  };
}

/** What watches had shown of workflows before is not to be trusted. */
function seenThrough({ workflows = noMarks }: Journal, revision: string): WorkflowMarks {
  return { ...workflows, through: revision };
}
