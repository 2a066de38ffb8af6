/** Runs one piece of work when poked and once in a while, never twice at a time. */
import type { Clock } from '../../src/kube/clock.ts';

export interface RepeaterOptions {
  readonly round: () => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly pollMilliseconds: number;
  readonly retryMilliseconds: number;
}

export interface Repeater {
  /** Runs a round now, or another one after the one that is under way. */
  readonly poke: () => void;
  /** Runs a round after `retryMilliseconds`, as after a failure. */
  readonly retry: () => void;
  /** Runs none any more; resolves when the last one has ended. */
  readonly stop: () => Promise<void>;
}

export function createRepeater({ round, failed, clock, ...waits }: RepeaterOptions): Repeater {
  let running: Promise<void> | undefined;
  let again = false;
  let soon = false;
  let stopped = false;
  let cancelTimer: (() => void) | undefined;

  function poke(): void {
    if (stopped) return;
    if (running === undefined) running = run();
    else again = true;
  }

  async function run(): Promise<void> {
    cancelTimer?.();
    do {
      again = false;
      soon = false;
      try {
        await round();
      } catch (error) {
        failed(error);
        soon = true;
      }
    } while (mayRunAgain());
    running = undefined;
    if (!stopped) cancelTimer = clock.setTimer(soon ? waits.retryMilliseconds : waits.pollMilliseconds, poke);
  }

  function mayRunAgain(): boolean {
    // What poked during a failed round is seen by the next one, after the wait.
    return again && !soon && !stopped;
  }

  return {
    poke,
    retry() {
      soon = true;
    },
    async stop() {
      stopped = true;
      cancelTimer?.();
      await running;
    },
  };
}
