import { compareResourceVersions, hasReached } from '../../src/api/resource-version.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { ActiveExecutionCache } from './active-execution-cache.ts';
import {
  viewOfList,
  type ExecutionList,
  type ExecutionReader,
  type ExecutionView,
} from './execution-view.ts';
import { ExecutionsUnreadableError, SlotsUnavailableError } from './journal-errors.ts';
import type { JournalHolder } from './journal-holder.ts';
import type { Journal } from './journal.ts';
import type { SeenExecutions } from './seen-executions.ts';
import { noMarks, type WorkflowMarks } from './workflow-marks.ts';

/** How long the watch may take to show what the journal relies on, before a list is asked instead. */
const behindMilliseconds = 300;

/** For so long a list serves further denials: a watch that is silent, and may be stuck, costs one list a second. */
const listServesMilliseconds = 1_000;

/** A journal, and a view that has everything the journal relies on. */
export interface JournalAndView {
  readonly journal: Journal;
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
  async function recover(journal: Journal): Promise<JournalAndView> {
    const age = clock.now() - (holder.recoveringSince ?? clock.now());
    const left = options.lifetimeMilliseconds() - age;
    if (left > 0) {
      const seconds = Math.ceil(left / 1000);
      throw new SlotsUnavailableError(
        'JournalRecovering',
        `the slot journal of namespace ${namespace} was lost; creates it may have admitted are awaited for another ${seconds} s`,
      );
    }
    const listed = await list();
    const newest =
      listed.items
        .map((item) => item.resourceVersion)
        .sort(compareResourceVersions)
        .at(-1) ?? '0';
    const compactedThrough = hasReached(newest, journal.compactedThrough) ? newest : journal.compactedThrough;
    const workflows = seenThrough(journal, listed.revision);
    const written = await holder.write(journal, {
      ...journal,
      compactedThrough,
      workflows,
      recovering: false,
    });
    return { journal: written, view: viewOfList(listed), listed: true };
  }

  /** etcd was restored from a backup, or the journal was: what was seen in the other history does not count. */
  async function startOver(journal: Journal, listed: ExecutionList): Promise<JournalAndView> {
    options.onHistoryBackwards();
    const workflows = seenThrough(journal, listed.revision);
    const written = await holder.write(journal, { ...journal, compactedThrough: listed.revision, workflows });
    return { journal: written, view: viewOfList(listed), listed: true };
  }

  async function byList(journal: Journal): Promise<JournalAndView> {
    const listed = await list();
    if (!hasReached(listed.revision, journal.compactedThrough)) return startOver(journal, listed);
    options.onDegraded();
    const view = viewOfList(listed);
    served = { view, until: clock.now() + listServesMilliseconds, generation: cache.generation };
    return { journal, view, listed: true };
  }

  /** The last list, while it is as good as the cache for this journal. */
  function servedList(journal: Journal): ExecutionView | undefined {
    if (served === undefined || clock.now() >= served.until || served.generation !== cache.generation)
      return undefined;
    const { revision } = served.view;
    const isEnough = hasReached(revision, journal.compactedThrough) && hasReached(revision, cache.revision);
    return isEnough ? served.view : undefined;
  }

  /**
   * `fresh` reads the journal first; `wantsList` asks for a list even though the watch seems good enough, and
   * does without where the API server gives none.
   */
  return async ({ fresh, wantsList }: { fresh: boolean; wantsList: boolean }): Promise<JournalAndView> => {
    const { generation } = cache;
    const mustRead = fresh || !options.watchConnected() || readFor !== generation;
    const journal = mustRead ? await holder.refreshed() : await holder.current();
    readFor = generation;
    if (journal.recovering) return recover(journal);
    if (options.cacheDistrusted() || !options.watchConnected()) return byList(journal);
    const reached = await cache.reached(journal.compactedThrough, behindMilliseconds);
    if (!reached || !options.watchConnected()) return byList(journal);
    const byCache = { journal, view: cache, listed: false };
    if (!wantsList) return byCache;
    const view = servedList(journal);
    if (view !== undefined) return { journal, view, listed: true };
    return byList(journal).catch((error: unknown) => {
      if (error instanceof ExecutionsUnreadableError) return byCache;
      throw error;
    });
  };
}

/** What watches had shown of workflows before is not to be trusted. */
function seenThrough({ workflows = noMarks }: Journal, revision: string): WorkflowMarks {
  return { ...workflows, through: revision };
}
