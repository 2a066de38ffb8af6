import type { Reservation } from './journal.ts';
import type { WorkflowMark } from './workflow-marks.ts';

/*
 * A journal is one object, written hundreds of times a second, and etcd takes no request of more than 1.5 MB: a
 * journal that grew beyond it could not be written at all. Reservations and marks have room of their own, so that
 * neither can take the other's.
 * Source: etcd `DefaultMaxRequestBytes`.
 */

/** Bytes that reservations may take: about 4,000 of usual names. */
export const roomForReservations = 900_000;
/** Bytes that marks may take: about 3,000 of usual names. */
export const roomForMarks = 300_000;

/** Field names, quotes, braces and a time. */
const reservationOverhead = 120;
/** Quotes, commas and an age. */
const uidOverhead = 12;
const markOverhead = 24;
/** Bytes of a character of what is no name, at most. */
const charactersBytes = 6;

/** Bytes of a reservation as it is stored, at most. Names are ASCII. */
export function reservationSize({ name, workflow, uids, steps = [] }: Reservation): number {
  let size = reservationOverhead + name.length + workflow.length;
  for (const uid of uids) size += shareSize(uid, undefined);
  for (const step of steps) size += shareSize('', step);
  return size;
}

/** Bytes by which a reservation grows, at most, when one more create shares its slot. */
export function shareSize(uid: string, step: string | undefined): number {
  return uid.length + uidOverhead + (step === undefined ? 0 : charactersBytes * step.length + uidOverhead);
}

/** Bytes of a mark as it is stored, at most. */
export function markSize({ workflow, by }: WorkflowMark): number {
  return markOverhead + workflow.length + by.length;
}
