import type { Clock } from './clock.ts';

/** A clock for tests: time stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time on; what falls due on the way is called in its order, each at its own time. */
  advance(milliseconds: number): void;
  /** Timers and sleeps that wait. */
  readonly waiting: number;
}

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

export function createManualClock(start = 0): ManualClock {
  let now = start;
  const alarms = new Set<Alarm>();

  function setTimer(milliseconds: number, callback: () => void): () => void {
    const alarm = { at: now + milliseconds, callback };
    alarms.add(alarm);
    return () => {
      alarms.delete(alarm);
    };
  }

  return {
    now: () => now,
    setTimer,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const cancel = setTimer(milliseconds, resolve);
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      await promise;
      signal?.removeEventListener('abort', onAbort);
    },
    advance(milliseconds) {
      const until = now + milliseconds;
      for (let next = earliest(alarms); next !== undefined && next.at <= until; next = earliest(alarms)) {
        alarms.delete(next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = until;
    },
    get waiting() {
      return alarms.size;
    },
  };
}

function earliest(alarms: ReadonlySet<Alarm>): Alarm | undefined {
  let found: Alarm | undefined;
  for (const alarm of alarms) if (found === undefined || alarm.at < found.at) found = alarm;
  return found;
}
