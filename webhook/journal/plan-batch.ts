import { holdersKnown } from '../../src/policy/parallel-limit.ts';
import { compactJournal, type UidKnowledge } from './compact-journal.ts';
import type { ActiveNames, ExecutionView } from './execution-view.ts';
import { reservationSize, roomForReservations, shareSize } from './journal-room.ts';
import type { JournalContent, Reservation } from './journal.ts';
import type { SlotHolder, SlotOutcome, SlotRequest } from './slot-request.ts';
import { stepObstacle, stepsWith } from './step-obstacle.ts';
import {
  mayTrustWatch,
  noneOutlived,
  renewMarks,
  type OutlivedMarks,
  type NewMark,
} from './workflow-marks.ts';

/** Everything that the decision of a batch depends on. */
export interface BatchFacts<Request extends SlotRequest> {
  readonly namespace: string;
  /** At or past the journal's `compactedThrough`. */
  readonly view: ExecutionView;
  readonly journal: JournalContent;
  readonly uids: UidKnowledge;
  /** Marks to write. */
  readonly newMarks?: readonly NewMark[];
  /** What is known of those that are written. */
  readonly marks?: OutlivedMarks;
  /** Writes what is no longer needed out of the journal, though nothing is added. */
  readonly tidy?: boolean;
  readonly limit: number;
  /** RFC 3339. */
  readonly reservedAt: string;
  /** First come, first served. */
  readonly requests: readonly Request[];
}

/** What to answer, and what to write before. */
export interface BatchPlan<Request extends SlotRequest> {
  readonly decisions: readonly Decision<Request>[];
  /**
   * To be stored by compare-and-swap before any decision but a standing one is answered; undefined when
   * nothing was reserved or marked.
   */
  readonly write: JournalContent | undefined;
  /** New marks for which the journal has no room. */
  readonly refusedMarks: readonly NewMark[];
}

/** As of a slot, and that the journal has no room for one more reservation. */
export type PlannedOutcome = SlotOutcome | { readonly kind: 'journalFull' };

/** The answer to one request of a batch. */
export interface Decision<Request extends SlotRequest> {
  readonly request: Request;
  readonly outcome: PlannedOutcome;
  /** True when the outcome does not hang on what this batch writes. */
  readonly standing: boolean;
}

/**
 * Decides a batch: used(w) is the names active in the view together with the names reserved, and a create is
 * admitted where used(w) together with its own name is within the limit. Pure.
 */
export function planBatch<Request extends SlotRequest>(facts: BatchFacts<Request>): BatchPlan<Request> {
  const journal = compactJournal(facts.journal, facts.view, facts.uids);
  const book = openBook(facts, journal);
  const decisions = facts.requests.map((request) => decide(request, book, facts));
  const { newMarks = [], marks = noneOutlived } = facts;
  const { marks: workflows, refused } = renewMarks(journal.workflows, newMarks, marks);
  book.touched ||= facts.tidy === true || newMarks.length > refused.length;
  const write = book.touched
    ? { ...journal, workflows, reservations: [...book.reservations.values()] }
    : undefined;
  return { decisions, write, refusedMarks: refused };
}

/** The slots of one workflow while a batch is decided. */
interface Slots {
  readonly active: ActiveNames;
  /** Reserved names that are not active. */
  readonly reserved: Set<string>;
  /** True when this batch has reserved one of them. */
  touched: boolean;
}

interface Book {
  readonly reservations: Map<string, Reservation>;
  readonly compactedThrough: string;
  slotsOf(workflow: string): Slots;
  touched: boolean;
  /** Bytes that its reservations may still take; undefined until somebody wants to know. */
  room: number | undefined;
}

function openBook(facts: BatchFacts<SlotRequest>, journal: JournalContent): Book {
  const workflows = new Map<string, Slots>();
  return {
    reservations: new Map(journal.reservations.map((reservation) => [keyOf(reservation), reservation])),
    compactedThrough: journal.compactedThrough,
    touched: false,
    room: undefined,
    slotsOf(workflow) {
      const known = workflows.get(workflow);
      if (known !== undefined) return known;
      const active = facts.view.active(facts.namespace, workflow);
      const names = journal.reservations.filter((reservation) => reservation.workflow === workflow);
      const reserved = new Set(
        names.map((reservation) => reservation.name).filter((name) => !active.has(name)),
      );
      const slots = { active, reserved, touched: false };
      workflows.set(workflow, slots);
      return slots;
    },
  };
}

function decide<Request extends SlotRequest>(
  request: Request,
  book: Book,
  { limit, reservedAt, journal }: BatchFacts<Request>,
): Decision<Request> {
  const slots = book.slotsOf(request.workflow);
  const usedBefore = slots.active.size + slots.reserved.size;
  if (book.reservations.get(keyOf(request))?.uids.includes(request.uid)) {
    // The API server asks again about a create that is written down already.
    return { request, outcome: admitted(usedBefore, limit), standing: !slots.touched };
  }
  if (!mayTrustWatch(request.workflow, request.workflowSeenAt, journal))
    return { request, outcome: { kind: 'workflowChanging' }, standing: true };
  const obstacle = stepObstacle(request, {
    reservations: book.reservations.values(),
    compactedThrough: book.compactedThrough,
    active: slots.active,
  });
  if (obstacle !== undefined) return { request, outcome: obstacle, standing: false };
  const holdsSlot = slots.active.has(request.name) || slots.reserved.has(request.name);
  const used = holdsSlot ? usedBefore : usedBefore + 1;
  if (used > limit && request.enforce) {
    return {
      request,
      outcome: { kind: 'limitReached', limit, holders: holdersOf(slots) },
      standing: !slots.touched,
    };
  }
  const shared = book.reservations.get(keyOf(request));
  const reservation = reservationFor(request, shared, reservedAt);
  const growth =
    shared === undefined ? reservationSize(reservation) : shareSize(request.uid, request.step?.key);
  if (growth > roomIn(book)) return { request, outcome: { kind: 'journalFull' }, standing: true };
  if (!request.dryRun) reserve(reservation, growth, book, slots);
  return { request, outcome: admitted(used, limit), standing: false };
}

function reservationFor(
  { name, workflow, uid, step }: SlotRequest,
  shared: Reservation | undefined,
  reservedAt: string,
): Reservation {
  const uids = [...(shared?.uids ?? []), uid];
  const steps = stepsWith(step, shared);
  return { name, workflow, uids, reservedAt, ...(steps && { steps }) };
}

function roomIn(book: Book): number {
  if (book.room === undefined) {
    book.room = roomForReservations;
    for (const reservation of book.reservations.values()) book.room -= reservationSize(reservation);
  }
  return book.room;
}

function reserve(reservation: Reservation, growth: number, book: Book, slots: Slots): void {
  book.reservations.set(keyOf(reservation), reservation);
  book.room = roomIn(book) - growth;
  if (!slots.active.has(reservation.name)) slots.reserved.add(reservation.name);
  slots.touched = true;
  book.touched = true;
}

function holdersOf({ active, reserved }: Slots): SlotHolder[] {
  const holders: SlotHolder[] = [];
  for (const name of active.keys()) {
    if (holders.length === holdersKnown) return holders;
    holders.push({ name, state: 'active' });
  }
  for (const name of reserved) {
    if (holders.length === holdersKnown) return holders;
    holders.push({ name, state: 'reserved' });
  }
  return holders;
}

function admitted(used: number, limit: number): SlotOutcome {
  return { kind: 'admitted', used, limit, overLimit: used > limit };
}

/** A name under two workflows is two slots; object names have no slash. */
function keyOf({ name, workflow }: { readonly name: string; readonly workflow: string }): string {
  return `${workflow}/${name}`;
}
