import type { WorkflowMarks } from './workflow-marks.ts';

/**
 * What a SlotJournal says, as values. The journal covers only the gap between the admission of a create and
 * its being visible in the watch; the truth is the executions themselves.
 */

/** A slot taken by creates of one name that were admitted and that not every replica has seen yet. */
export interface Reservation {
  readonly name: string;
  readonly workflow: string;
  /** The uids of the admitted creates; several when creates of one name share the slot. */
  readonly uids: readonly string[];
  /**
   * The steps, one for each create that shares the slot, that no other execution of the workflow may do meanwhile.
   * Absent where the workflow needed no approval: what is created then is not known here.
   */
  readonly steps?: readonly string[] | undefined;
  /** Seconds for which each uid has been in the journal, at least; absent where that is under a second. */
  readonly ages?: readonly number[] | undefined;
  /** RFC 3339, for the reader of the object alone: no rule looks at it. */
  readonly reservedAt: string;
}

/** The part of a SlotJournal that rules look at. */
export interface JournalContent {
  /** Whoever decides by this journal must have seen the executions up to this resourceVersion. */
  readonly compactedThrough: string;
  readonly reservations: readonly Reservation[];
  /** True from the loss of an earlier journal until the creates it may have admitted are known. */
  readonly recovering: boolean;
  /** Workflows that begin to need approval; absent until there is the first one. */
  readonly workflows?: WorkflowMarks | undefined;
}

/** A SlotJournal as it is stored. */
export interface Journal extends JournalContent {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The uids that hold the slot of `name`, under whatever workflow. */
export function reservedUids(journal: JournalContent, name: string): string[] {
  return journal.reservations.flatMap((reservation) => (reservation.name === name ? reservation.uids : []));
}

/** Every uid in the journal with the name it is for, and how long it has been there at least. */
export function* eachReservedUid(
  journal: JournalContent,
): Generator<{ uid: string; reservation: Reservation; ageSeconds: number }> {
  for (const reservation of journal.reservations) {
    for (const [index, uid] of reservation.uids.entries())
      yield { uid, reservation, ageSeconds: reservation.ages?.[index] ?? 0 };
  }
}

/**
 * True when both are one state of one journal. A restored etcd gives the same resourceVersions out again, so
 * that uid and resourceVersion alone do not tell.
 */
export function isSameJournal(left: Journal, right: Journal): boolean {
  if (left === right) return true;
  if (left.uid !== right.uid || left.resourceVersion !== right.resourceVersion) return false;
  return fingerprintOf(left) === fingerprintOf(right);
}

function fingerprintOf({ compactedThrough, recovering, reservations, workflows }: Journal): string {
  const entries = reservations.map(({ name, workflow, uids }) => [name, workflow, ...uids]);
  const marks = workflows && [workflows.through, ...workflows.changing.map(({ by }) => by)];
  return JSON.stringify([compactedThrough, recovering, entries, marks]);
}
