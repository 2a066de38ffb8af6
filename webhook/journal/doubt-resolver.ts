import type { Clock } from '../../src/kube/clock.ts';
import type { Doubt } from './doubts.ts';
import type { ExecutionReader } from './execution-view.ts';
import type { JournalHolder } from './journal-holder.ts';
import type { SeenExecutions } from './seen-executions.ts';

/** A uid in doubt for longer is asked for before it is the cause of a denial. */
const askAfterMilliseconds = 1_000;
/** Expired doubts that are asked for in one sweep. */
const sweepSize = 8;

/** What a resolver is made of. */
export interface DoubtResolverOptions {
  readonly namespace: string;
  readonly holder: JournalHolder;
  readonly seen: SeenExecutions;
  readonly reader: ExecutionReader;
  readonly clock: Clock;
  /** How long an admitted create may take to appear, at most. Hot. */
  readonly lifetimeMilliseconds: () => number;
}

/**
 * Frees the slots of creates that were admitted and did not happen. A uid that was never seen keeps its slot
 * for its lifetime, because the API server may still store it; after that a quorum read decides. Before, a
 * read frees it only by showing that very uid settled.
 */
export interface DoubtResolver {
  /** The doubts about a workflow's slots that are old enough, and were not asked for within the last second. */
  worthAsking(workflow: string): Doubt[];
  /** Asks for each and frees what may be freed. Never rejects. */
  ask(doubts: readonly Doubt[]): Promise<void>;
  /** Doubts past their lifetime, in whatever workflow: a few at a time. */
  expired(): Doubt[];
}

/** A resolver for the doubts of one namespace. */
export function createDoubtResolver(options: DoubtResolverOptions): DoubtResolver {
  const { namespace, holder, seen, reader, clock } = options;
  const { doubts } = holder;
  const asking = new Map<string, Promise<void>>();

  function isWorthAsking(doubt: Doubt, minimumAge: number): boolean {
    const now = clock.now();
    return (
      now - doubt.since >= minimumAge &&
      (doubt.askedAt === undefined || now - doubt.askedAt >= askAfterMilliseconds || asking.has(doubt.uid)) &&
      !doubts.isFree(doubt.uid)
    );
  }

  /** Who asks while the answer is on its way gets the same one. */
  async function askOnce(doubt: Doubt): Promise<void> {
    const underWay = asking.get(doubt.uid);
    if (underWay !== undefined) return underWay;
    const answer = askOne(doubt).finally(() => asking.delete(doubt.uid));
    asking.set(doubt.uid, answer);
    return answer;
  }

  async function askOne(doubt: Doubt): Promise<void> {
    const askedAt = clock.now();
    doubt.askedAt = askedAt;
    const expired = askedAt - doubt.since >= options.lifetimeMilliseconds();
    try {
      const state = await reader.get(namespace, doubt.name);
      if (state !== undefined) seen.note(state);
      const isThatVery = state?.uid === doubt.uid;
      if (isThatVery ? state.settled : expired) doubts.free(doubt.uid);
    } catch {
      // Not known is not free.
    }
  }

  return {
    worthAsking(workflow) {
      const uids =
        holder.copy?.reservations.flatMap((entry) => (entry.workflow === workflow ? entry.uids : [])) ?? [];
      return uids
        .map((uid) => doubts.get(uid))
        .filter((doubt) => doubt !== undefined && isWorthAsking(doubt, askAfterMilliseconds)) as Doubt[];
    },
    ask: async (asked) => void (await Promise.all(asked.map(askOnce))),
    expired() {
      const lifetime = options.lifetimeMilliseconds();
      return [...doubts.all()]
        .filter((doubt) => seen.seenAt(doubt.uid) === undefined && isWorthAsking(doubt, lifetime))
        .slice(0, sweepSize);
    },
  };
}
