import { eachReservedUid, type JournalContent } from './journal.ts';

/** What a replica knows of a reserved uid that it has not seen. Milliseconds of the replica's monotonic clock. */
export interface Doubt {
  readonly uid: string;
  readonly name: string;
  /** When this replica first saw the uid in the journal, less the age that it had there. */
  readonly since: number;
  askedAt: number | undefined;
}

/** The uids in the journal of a namespace, each timed since a replica first saw it, as far as that is known. */
export interface Doubts {
  /** Starts timing what is new in the journal, stops what is no longer in it. */
  follow(journal: JournalContent, now: number): void;
  get(uid: string): Doubt | undefined;
  all(): Iterable<Doubt>;
  /** A quorum read has shown that the uid holds no slot. */
  free(uid: string): void;
  readonly isFree: (uid: string) => boolean;
}

/** Doubts of one namespace. */
export function createDoubts(): Doubts {
  let doubts = new Map<string, Doubt>();
  let free = new Set<string>();
  return {
    follow(journal, now) {
      const next = new Map<string, Doubt>();
      for (const { uid, reservation, ageSeconds } of eachReservedUid(journal)) {
        const since = now - ageSeconds * 1_000;
        const known = doubts.get(uid);
        if (known === undefined) next.set(uid, { uid, name: reservation.name, since, askedAt: undefined });
        else next.set(uid, since < known.since ? { ...known, since } : known);
      }
      doubts = next;
      if (free.size > 0) free = new Set([...free].filter((uid) => next.has(uid)));
    },
    get: (uid) => doubts.get(uid),
    all: () => doubts.values(),
    free: (uid) => void (doubts.has(uid) && free.add(uid)),
    isFree: (uid) => free.has(uid),
  };
}
