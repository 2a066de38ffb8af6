/** Bounds how much runs at once; who comes first goes first. */
export interface RunningLimit {
  /**
   * Calls back with the function that gives the place back: now, or when there is one. Who waits costs hardly any
   * memory: thousands may. The function it returns ends the waiting.
   */
  enter(begin: (release: () => void) => void): () => void;
  /** The same for one who can wait. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

export function createRunningLimit(most: number): RunningLimit {
  const queue = new Set<(release: () => void) => void>();
  let running = 0;

  function place(): () => void {
    running += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      running -= 1;
      for (const next of queue) {
        queue.delete(next);
        next(place());
        return;
      }
    };
  }

  function enter(begin: (release: () => void) => void): () => void {
    if (running < most) begin(place());
    else queue.add(begin);
    return () => queue.delete(begin);
  }

  return {
    enter,
    async acquire(signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const leave = enter((release) => {
        signal.removeEventListener('abort', onAbort);
        resolve(release);
      });
      return promise;
    },
    get running() {
      return running;
    },
    get waiting() {
      return queue.size;
    },
  };
}
