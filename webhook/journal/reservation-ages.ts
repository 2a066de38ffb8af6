import type { JournalContent, Reservation } from './journal.ts';

/**
 * The journal with the age of each uid, as far as this replica has measured it, so that a replica that starts does
 * not time anew what others have waited for: who reads an age knows that at least so much time has passed.
 * `sinceOf` is the instant from which a uid is timed, on the clock of `now`; undefined: it is new.
 */
export function withAges(
  content: JournalContent,
  sinceOf: (uid: string) => number | undefined,
  now: number,
): JournalContent {
  return { ...content, reservations: content.reservations.map((entry) => aged(entry, sinceOf, now)) };
}

/** Seconds are enough; most entries are gone before their first, and cost nothing. */
function aged(
  reservation: Reservation,
  sinceOf: (uid: string) => number | undefined,
  now: number,
): Reservation {
  const ages = reservation.uids.map((uid) => Math.floor((now - (sinceOf(uid) ?? now)) / 1_000));
  const isNew = ages.every((age) => age === 0);
  return isNew && reservation.ages === undefined
    ? reservation
    : { ...reservation, ages: isNew ? undefined : ages };
}
