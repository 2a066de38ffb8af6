import type { Clock } from '../../src/kube/clock.ts';

/** What a pace goes by. */
export interface BatchPaceOptions {
  readonly clock: Clock;
  /** Resolves when the requests that are arriving just now have arrived, so that they share a write. */
  readonly gather: (waiting: number) => Promise<void>;
}

/**
 * When a replica begins its next batch. Each write of the journal costs the API server about two creates, so
 * where many creates come at once, few large batches are better for everybody; and where two replicas write one
 * journal, taking turns is better than losing races. A lone create waits for nobody. It is about speed alone: no
 * rule of the limit hangs on it.
 */
export interface BatchPace {
  /** Resolves when the requests that wait should be decided. */
  ready(): Promise<void>;
  /** Somebody waits. */
  readonly arrived: () => void;
  /** The uids that the newest journal reserves, of creates that the watch has not shown yet. */
  reserved(uids: Iterable<string>): void;
  /** The watch or a read has shown an execution. */
  seen(uid: string): void;
  /** This replica's own write was stored, after so many milliseconds. */
  wrote(milliseconds: number): void;
  /** Another replica has written. */
  readonly overtaken: () => void;
}

/** A write takes about that long where nothing is known yet. Milliseconds. */
const usualWriteMilliseconds = 5;
/** However slow the API server is, company and turns are awaited no longer than that. Milliseconds. */
const longestWaitMilliseconds = 100;
/** A create that was not shown for so long has probably failed, and nobody comes after it. Milliseconds. */
const underWayMilliseconds = 500;
/** So few under way are no crowd: waiting for them would cost a client more than a write costs the API server. */
const fewUnderWay = 2;
/** A replica that has not written for so long does not want its turn. Milliseconds. */
const rivalMilliseconds = 250;

/** A pace for one namespace; `waiting` is how many requests wait. */
export function createBatchPace({ clock, gather }: BatchPaceOptions, waiting: () => number): BatchPace {
  const underWay = new Map<string, number>();
  let lost = new Set<string>();
  let writeMilliseconds = usualWriteMilliseconds;
  let rivalWroteAt = Number.NEGATIVE_INFINITY;
  let wroteAt = Number.NEGATIVE_INFINITY;
  let oursIsNewest = false;
  let changed: (() => void) | undefined;

  function notify(): void {
    changed?.();
  }

  function forgetLost(now: number): void {
    for (const [uid, since] of underWay) {
      if (now - since < underWayMilliseconds) return;
      underWay.delete(uid);
      lost.add(uid);
    }
  }

  /** As many wait here as are under way anywhere: half of those who create, or this replica's share of them. */
  function hasCompany(): boolean {
    return waiting() >= underWay.size || underWay.size <= fewUnderWay;
  }

  /** Milliseconds for which it is still the other replica's turn: after our write, until it has had time for one. */
  function othersTurn(now: number): number {
    if (waiting() <= 1 || !oursIsNewest || now - rivalWroteAt > rivalMilliseconds) return 0;
    const left = wroteAt + writes(4) - now;
    // It has let its turn pass: it has nothing to write.
    if (left <= 0) rivalWroteAt = Number.NEGATIVE_INFINITY;
    return left;
  }

  /** How long so many writes take, as far as one would wait for them. */
  function writes(count: number): number {
    return Math.min(count * writeMilliseconds, longestWaitMilliseconds);
  }

  async function changeWithin(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    changed = resolve;
    const cancel = clock.setTimer(milliseconds, resolve);
    await promise;
    cancel();
    changed = undefined;
  }

  return {
    async ready() {
      await gather(waiting());
      const since = clock.now();
      forgetLost(since);
      const longest = writes(3);
      for (;;) {
        const now = clock.now();
        const companyWait = hasCompany() ? 0 : since + longest - now;
        const wait = Math.max(companyWait, othersTurn(now));
        if (wait <= 0) return;
        await changeWithin(wait);
      }
    },
    arrived: notify,
    reserved(uids) {
      const now = clock.now();
      const all = new Set(uids);
      for (const uid of all) if (!underWay.has(uid) && !lost.has(uid)) underWay.set(uid, now);
      if (lost.size > 0) lost = new Set([...lost].filter((uid) => all.has(uid)));
    },
    seen(uid) {
      if (underWay.delete(uid)) notify();
    },
    wrote(milliseconds) {
      wroteAt = clock.now();
      oursIsNewest = true;
      writeMilliseconds += (milliseconds - writeMilliseconds) / 4;
    },
    overtaken() {
      // Turns begin with our first write; before that, it may be the making of the journal that is shown.
      if (wroteAt > Number.NEGATIVE_INFINITY) rivalWroteAt = clock.now();
      oursIsNewest = false;
      notify();
    },
  };
}
