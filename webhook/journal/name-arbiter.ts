import type { Clock } from '../../src/kube/clock.ts';
import type { ExecutionReader } from './execution-view.ts';
import type { JournalHolder } from './journal-holder.ts';
import { reservedUids, type Journal, type JournalContent } from './journal.ts';
import type { SeenExecutions } from './seen-executions.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** How long a create waits for the outcome of another create of its name. */
const outcomeWaitMilliseconds = 2_000;
/** Between two tries of a read that the API server refused. */
const retryMilliseconds = 100;

/** What an arbiter is made of. */
export interface NameArbiterOptions {
  readonly namespace: string;
  readonly holder: JournalHolder;
  readonly seen: SeenExecutions;
  readonly reader: ExecutionReader;
  readonly clock: Clock;
}

/**
 * Keeps a name to one slot: a create whose name exists must fail, and would hold its slot for a lifetime.
 * What the watch, the journal or an earlier read say of a name are hints; a quorum read is the fact.
 */
export interface NameArbiter {
  /** True when the name may exist, or is being created by another request. */
  isContested(request: WaitingRequest, journal: JournalContent): boolean;
  /** Waits for a create under way, then asks. Answers the request when the name exists; else it is cleared. */
  resolve(request: WaitingRequest): Promise<void>;
  /** The watch or a read has shown an execution of this name. */
  readonly nameSeen: (name: string) => void;
  /** A newer journal is known. */
  journalAdopted(journal: Journal): void;
}

/** An arbiter for the names of one namespace. */
export function createNameArbiter({
  namespace,
  holder,
  seen,
  reader,
  clock,
}: NameArbiterOptions): NameArbiter {
  const waiting = new Map<string, Set<() => void>>();

  /** The creates of the name that are known: those in the journal, and the last one seen. */
  function knownCreates(name: string, journal: JournalContent): string {
    return [...reservedUids(journal, name), seen.uidOf(namespace, name) ?? ''].join(' ').trim();
  }

  async function outcome(request: WaitingRequest): Promise<void> {
    const uids = holder.copy === undefined ? [] : reservedUids(holder.copy, request.name);
    const unseen = uids.filter((uid) => seen.seenAt(uid) === undefined);
    if (unseen.length === 0) return;
    const youngest = Math.max(...unseen.map((uid) => holder.doubts.get(uid)?.since ?? 0));
    const until = Math.min(request.arrivedAt, youngest) + outcomeWaitMilliseconds;
    if (until <= clock.now()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wakes = waiting.get(request.name) ?? new Set();
    waiting.set(request.name, wakes.add(resolve));
    const cancel = clock.setTimer(until - clock.now(), resolve);
    await promise;
    cancel();
    wakes.delete(resolve);
    if (wakes.size === 0 && waiting.get(request.name) === wakes) waiting.delete(request.name);
  }

  function wake(name: string): void {
    for (const resolve of waiting.get(name) ?? []) resolve();
  }

  return {
    isContested(request, journal) {
      if (request.apply || reservedUids(journal, request.name).includes(request.uid)) return false;
      const creates = knownCreates(request.name, journal);
      return creates !== '' && creates !== request.clearedFor;
    },
    async resolve(request) {
      await outcome(request);
      while (!request.answered) {
        const hint = seen.uidOf(namespace, request.name);
        const reserved = holder.copy === undefined ? '' : reservedUids(holder.copy, request.name).join(' ');
        try {
          const state = await reader.get(namespace, request.name);
          if (state === undefined) {
            seen.forgetName(namespace, request.name, hint);
            request.clearedFor = reserved;
          } else {
            seen.note(state);
            request.settle({ kind: 'alreadyExists' });
          }
          return;
        } catch {
          await clock.sleep(retryMilliseconds);
        }
      }
    },
    nameSeen: wake,
    journalAdopted(journal) {
      for (const name of waiting.keys()) if (reservedUids(journal, name).length === 0) wake(name);
    },
  };
}
