/** Bounds how much runs at once; who comes first goes first. */
export interface RunningLimit {
  /** Resolves with the function that gives the place back. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

export function createRunningLimit(most: number): RunningLimit {
  const queue = new Set<() => void>();
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
        next();
        return;
      }
    };
  }

  return {
    async acquire(signal) {
      signal.throwIfAborted();
      if (running < most) return place();
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const onFree = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(place());
      };
      const onAbort = (): void => {
        queue.delete(onFree);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(onFree);
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
