import type { Clock } from '../../src/kube/clock.ts';
import type { JournalContent } from './journal.ts';
import type { OutlivedMarks, WorkflowMark } from './workflow-marks.ts';

/** Marks that are asked about in one sweep. */
const sweepSize = 8;
/** After a read that failed. Milliseconds. */
const askAgainMilliseconds = 1_000;

/** What it is made of. */
export interface MarkWatchOptions {
  readonly namespace: string;
  readonly clock: Clock;
  /** How long an admitted write may take to be stored, at most. Hot. */
  readonly lifetimeMilliseconds: () => number;
  /** resourceVersion of a workflow by a quorum read; undefined where there is none. Rejects when it cannot be known. */
  readonly workflowRevision: (namespace: string, workflow: string) => Promise<string | undefined>;
}

/** Times the marks in the journal of a namespace, and finds out when they are no longer needed. */
export interface MarkWatch extends OutlivedMarks {
  /** Starts timing what is new in the journal, forgets what is no longer in it. */
  follow(journal: JournalContent): void;
  /** Reads some workflows whose marks are older than the lifetime. Never rejects. */
  sweep(): Promise<void>;
}

interface TimedMark extends WorkflowMark {
  readonly since: number;
  askedAt: number | undefined;
  outlived: { readonly revision: string | undefined } | undefined;
}

/** A watch that knows of no mark. */
export function createMarkWatch(options: MarkWatchOptions): MarkWatch {
  const { namespace, clock } = options;
  let marks = new Map<string, TimedMark>();

  async function ask(mark: TimedMark): Promise<void> {
    mark.askedAt = clock.now();
    try {
      mark.outlived = { revision: await options.workflowRevision(namespace, mark.workflow) };
    } catch {
      // Not known is not outlived.
    }
  }

  function isDue({ since, askedAt, outlived }: TimedMark): boolean {
    if (outlived !== undefined || clock.now() - since < options.lifetimeMilliseconds()) return false;
    return askedAt === undefined || clock.now() - askedAt >= askAgainMilliseconds;
  }

  return {
    follow({ workflows }) {
      const changing = workflows?.changing ?? [];
      if (changing.length === 0 && marks.size === 0) return;
      const since = clock.now();
      marks = new Map(
        changing.map((mark) => [
          mark.by,
          marks.get(mark.by) ?? { ...mark, since, askedAt: undefined, outlived: undefined },
        ]),
      );
    },
    isOutlived: (by) => marks.get(by)?.outlived !== undefined,
    revisionAfter: (by) => marks.get(by)?.outlived?.revision,
    async sweep() {
      await Promise.all([...marks.values()].filter(isDue).slice(0, sweepSize).map(ask));
    },
  };
}
