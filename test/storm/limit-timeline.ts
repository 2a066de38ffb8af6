/** Which limits may have been in force, and when. Times are milliseconds since 1970. */
export interface LimitTimeline {
  /** A new limit is about to be written; from now on a replica may have it. Returns its number. */
  began(limit: number, at: number): number;
  /** From here on every replica has this limit or a later one. */
  confirmed(change: number, at: number): void;
  /** The highest that any replica may have had in force at some instant of [from, to]. */
  highest(from: number, to: number): number;
  /** The lowest that any replica may have had in force at some instant of [from, to]. */
  lowest(from: number, to: number): number;
}

interface Change {
  readonly limit: number;
  readonly from: number;
  /** When no replica had it any more. */
  until: number;
}

/** A timeline that begins with one limit, in force everywhere from the beginning of time. */
export function createLimitTimeline(limit: number): LimitTimeline {
  const changes: Change[] = [{ limit, from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }];
  const inForce = (from: number, to: number): number[] =>
    changes.filter((change) => change.from <= to && change.until >= from).map((change) => change.limit);
  return {
    began: (next, at) => changes.push({ limit: next, from: at, until: Number.POSITIVE_INFINITY }) - 1,
    confirmed(number, at) {
      for (const earlier of changes.slice(0, number)) earlier.until = Math.min(earlier.until, at);
    },
    highest: (from, to) => Math.max(...inForce(from, to)),
    lowest: (from, to) => Math.min(...inForce(from, to)),
  };
}
