import { hasReached, laterResourceVersion } from '../../src/api/resource-version.ts';
import type { ExecutionView } from './execution-view.ts';
import type { JournalContent, Reservation } from './journal.ts';

/** What a replica knows of reserved uids. */
export interface UidKnowledge {
  /** The resourceVersion at which the uid was seen. */
  readonly seenAt: (uid: string) => string | undefined;
  /** True when a quorum read showed that the uid holds no slot, now or ever again. */
  readonly isFree: (uid: string) => boolean;
}

/**
 * The journal without the uids that it need not hold: those that the view shows or has outlived, and those
 * that a quorum read has freed. `compactedThrough` rises to the resourceVersion at which a dropped uid was
 * seen, so that nobody decides without it by a view that is older; never to a list's or a bookmark's, which
 * an idle watch would not reach.
 */
export function compactJournal(
  journal: JournalContent,
  view: ExecutionView,
  uids: UidKnowledge,
): JournalContent {
  let compactedThrough = journal.compactedThrough;
  const reservations: Reservation[] = [];
  for (const reservation of journal.reservations) {
    const remaining = reservation.uids.filter((uid) => {
      if (uids.isFree(uid)) return false;
      const seenAt = uids.seenAt(uid);
      if (seenAt === undefined || !hasReached(view.revision, seenAt)) return true;
      compactedThrough = laterResourceVersion(compactedThrough, seenAt);
      return false;
    });
    if (remaining.length === reservation.uids.length) reservations.push(reservation);
    else if (remaining.length > 0) reservations.push({ ...reservation, uids: remaining });
  }
  return { ...journal, compactedThrough, reservations };
}
