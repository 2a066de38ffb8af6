import type { Clock } from '../../src/kube/clock.ts';
import type { JournalContent } from './journal.ts';
import type { OutlivedMarks, WorkflowMark } from './workflow-marks.ts';

/** Workflows that are read at a time: a sweep of all marks is no burst of requests. */
const readsAtOnce = 8;
/** After a read that failed. Milliseconds. */
const askAgainMilliseconds = 1_000;
/** So many marks that are no longer needed are worth a write of their own; fewer wait for the next one. */
export const marksWorthAWrite = 100;
/** Between two such writes. Milliseconds. */
const writeAgainMilliseconds = 5_000;

/** What it is made of. */
export interface MarkWatchOptions {
  readonly namespace: string;
  readonly clock: Clock;
  /** How long an admitted write may take to be stored, at most. Hot. */
  readonly lifetimeMilliseconds: () => number;
  /** resourceVersion of a workflow by a quorum read; undefined where there is none. Rejects when it cannot be known. */
  readonly workflowRevision: (namespace: string, workflow: string) => Promise<string | undefined>;
  /**
   * resourceVersion at which this replica's watch shows the workflow that was created with that uid, if it does: the write
   * behind a mark by that uid is over then, without a read and without its lifetime.
   */
  readonly shownRevision?: (namespace: string, workflow: string, uid: string) => string | undefined;
  /** Many marks are outlived, and nobody has written the journal without them. */
  readonly onManyOutlived: () => void;
}

/** Times the marks in the journal of a namespace, and finds out when they are no longer needed. */
export interface MarkWatch extends OutlivedMarks {
  /** Starts timing what is new in the journal, forgets what is no longer in it. */
  follow(journal: Pick<JournalContent, 'workflows'>): void;
  /**
   * Reads the workflows of all marks that are older than the lifetime. Happens by itself when one becomes that old.
   * Never rejects.
   */
  sweep(): Promise<void>;
}

interface TimedMark extends WorkflowMark {
  readonly since: number;
  outlived: { readonly revision: string | undefined } | undefined;
}

/** A watch that knows of no mark. */
export function createMarkWatch(options: MarkWatchOptions): MarkWatch {
  const { namespace, clock } = options;
  let marks = new Map<string, TimedMark>();
  let followed: readonly WorkflowMark[] = [];
  let sweeping: Promise<void> | undefined;
  let alarmSet = false;
  let failedAt = Number.NEGATIVE_INFINITY;

  /** False where the API server does not answer: not known is not outlived. */
  async function ask(mark: TimedMark): Promise<boolean> {
    try {
      mark.outlived = { revision: await options.workflowRevision(namespace, mark.workflow) };
      return true;
    } catch {
      failedAt = clock.now();
      return false;
    }
  }

  /** Milliseconds until it may be asked about. */
  function wait({ since }: TimedMark): number {
    const due = Math.max(since + options.lifetimeMilliseconds(), failedAt + askAgainMilliseconds);
    return Math.max(0, due - clock.now());
  }

  async function readDue(): Promise<void> {
    const due = [...marks.values()].filter((mark) => mark.outlived === undefined && wait(mark) === 0);
    const left = due.values();
    async function readSome(): Promise<void> {
      for (const mark of left) if (!(await ask(mark))) return;
    }
    await Promise.all(due.slice(0, readsAtOnce).map(readSome));
  }

  async function sweep(): Promise<void> {
    sweeping ??= readDue().finally(() => (sweeping = undefined));
    await sweeping;
  }

  function setAlarm(): void {
    if (alarmSet || marks.size === 0) return;
    let outlived = 0;
    let soonest = Number.POSITIVE_INFINITY;
    for (const mark of marks.values()) {
      if (mark.outlived === undefined) soonest = Math.min(soonest, wait(mark));
      else outlived += 1;
    }
    if (outlived >= marksWorthAWrite) soonest = Math.min(soonest, writeAgainMilliseconds);
    if (soonest === Number.POSITIVE_INFINITY) return;
    alarmSet = true;
    clock.setTimer(soonest, () => void alarm());
  }

  async function alarm(): Promise<void> {
    await sweep();
    alarmSet = false;
    let outlived = 0;
    for (const mark of marks.values()) if (mark.outlived !== undefined) outlived += 1;
    if (outlived >= marksWorthAWrite) options.onManyOutlived();
    setAlarm();
  }

  return {
    follow({ workflows }) {
      const changing = workflows?.changing ?? [];
      // Most writes of the journal leave the marks as they are.
      if (changing === followed || (changing.length === 0 && marks.size === 0)) return;
      followed = changing;
      const since = clock.now();
      marks = new Map(
        changing.map((mark) => [mark.by, marks.get(mark.by) ?? { ...mark, since, outlived: undefined }]),
      );
      setAlarm();
    },
    isOutlived(by) {
      const mark = marks.get(by);
      if (mark === undefined) return false;
      const revision = mark.outlived ? undefined : options.shownRevision?.(namespace, mark.workflow, by);
      if (revision !== undefined) mark.outlived = { revision };
      return mark.outlived !== undefined;
    },
    revisionAfter: (by) => marks.get(by)?.outlived?.revision,
    sweep,
  };
}
