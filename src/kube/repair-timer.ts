import { createBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';

/** Calls for a repair some time after something went wrong, and rarely when it goes wrong again and again. */
export interface RepairTimer {
  /** Something went wrong: a repair will be called for, once. */
  needed(): void;
  cancel(): void;
}

const longestMilliseconds = 60_000;

/**
 * The first repair comes within a second, each further one after up to twice the wait, at most a minute: an
 * object that breaks its handler each time must not mean one list after the other. Two quiet minutes forgive.
 */
export function createRepairTimer(clock: Clock, random: () => number, repair: () => void): RepairTimer {
  const policy = { initialMilliseconds: 1000, maximumMilliseconds: longestMilliseconds, factor: 2 };
  const backoff = createBackoff(policy, random);
  let cancelTimer: (() => void) | undefined;
  let neededAt = Number.NEGATIVE_INFINITY;
  return {
    needed() {
      const now = clock.now();
      if (now - neededAt > 2 * longestMilliseconds) backoff.reset();
      neededAt = now;
      cancelTimer ??= clock.setTimer(backoff.next(), () => {
        cancelTimer = undefined;
        repair();
      });
    },
    cancel() {
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
