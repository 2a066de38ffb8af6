import { hasReached, laterResourceVersion } from '../../src/api/resource-version.ts';
import { markSize, roomForMarks } from './journal-room.ts';
import type { JournalContent } from './journal.ts';

/** A write of a workflow that executions must not be let through on the workflow before it. */
export interface WorkflowMark {
  readonly workflow: string;
  /** uid of the workflow that is created, or a name of the request: two writes of one workflow are two marks. */
  readonly by: string;
}

/** A mark that is to be written. */
export interface NewMark extends WorkflowMark {
  /**
   * Of a create: the name of its request. It takes the place of the uid where the mark takes that of another. Who marks
   * may be wrong, and a watch that has shown this uid says nothing about the write that the other mark stands for.
   */
  readonly request?: string;
}

/**
 * What the journal says of workflows that begin to need approval. Caches may show them as they were, so each is
 * marked before the write is let through, and is read while the mark stands.
 */
export interface WorkflowMarks {
  readonly changing: readonly WorkflowMark[];
  /** Whoever trusts the watch of workflows must have seen them up to this resourceVersion. */
  readonly through: string;
}

/** No workflow of the namespace ever began to need approval: the watch of workflows is good enough. */
export const noMarks: WorkflowMarks = { changing: [], through: '0' };

/** What a quorum read has shown of marks whose write is over. */
export interface OutlivedMarks {
  /** True for a mark, by its `by`, whose write is stored or can be stored no more. */
  readonly isOutlived: (by: string) => boolean;
  /** resourceVersion of the workflow after that; undefined where there is none any more. */
  readonly revisionAfter: (by: string) => string | undefined;
}

/** Nothing is known of any mark. */
export const noneOutlived: OutlivedMarks = { isOutlived: () => false, revisionAfter: () => undefined };

/**
 * True where an execution of the workflow may be let through by a watch that has seen everything up to `seenAt`;
 * `undefined`: the workflow was read for this very request.
 */
export function mayTrustWatch(
  workflow: string,
  seenAt: string | undefined,
  { workflows }: JournalContent,
): boolean {
  if (seenAt === undefined || workflows === undefined) return true;
  return (
    hasReached(seenAt, workflows.through) && !workflows.changing.some((mark) => mark.workflow === workflow)
  );
}

/** Marks as they are to be written, and those that found no room. */
export interface RenewedMarks {
  readonly marks: WorkflowMarks | undefined;
  readonly refused: readonly NewMark[];
}

/**
 * The marks with `added`, without those that are outlived. For these `through` rises to where a watch shows the
 * write, so that nobody goes by one that is older. A workflow has one mark, the latest; one that took the place of another
 * stands for its whole lifetime.
 */
export function renewMarks(
  marks: WorkflowMarks | undefined,
  added: readonly NewMark[],
  { isOutlived, revisionAfter }: OutlivedMarks,
): RenewedMarks {
  if (marks === undefined && added.length === 0) return { marks, refused: [] };
  let { through } = marks ?? noMarks;
  const latest = latestMarks(added);
  const standing = new Set<string>();
  const changing: WorkflowMark[] = [];
  let size = 0;
  for (const mark of marks?.changing ?? []) {
    if (isOutlived(mark.by)) through = laterResourceVersion(through, revisionAfter(mark.by) ?? through);
    else {
      const renewed = inPlaceOf(mark, latest.get(mark.workflow));
      size += markSize(renewed);
      standing.add(mark.workflow);
      changing.push(renewed);
    }
  }
  const refused = new Set<string>();
  for (const mark of latest.values()) {
    if (standing.has(mark.workflow)) continue;
    if (size + markSize(mark) > roomForMarks) refused.add(mark.workflow);
    else {
      size += markSize(mark);
      changing.push({ workflow: mark.workflow, by: mark.by });
    }
  }
  const isSame =
    added.length === 0 && changing.length === marks?.changing.length && through === marks.through;
  return {
    marks: isSame ? marks : { changing, through },
    refused: added.filter(({ workflow }) => refused.has(workflow)),
  };
}

/** One for each workflow, in place of those before it. */
function latestMarks(added: readonly NewMark[]): ReadonlyMap<string, NewMark> {
  const latest = new Map<string, NewMark>();
  for (const mark of added) {
    const before = latest.get(mark.workflow);
    latest.set(mark.workflow, before === undefined ? mark : inPlaceOf(before, mark));
  }
  return latest;
}

/** The later mark as one that no watch ends; the standing one where there is none, or it is the same. */
function inPlaceOf(standing: WorkflowMark, later: NewMark | undefined): WorkflowMark {
  if (later === undefined || later.by === standing.by) return standing;
  return { workflow: later.workflow, by: later.request ?? later.by };
}
