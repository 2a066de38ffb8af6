/** Time as code here knows it: handed in, so that tests and the simulation own it. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin; never a date, never set back. */
  readonly now: () => number;
  /** Resolves after `milliseconds`; rejects with `signal.reason` as soon as the signal is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Calls back once after `milliseconds`, unless the function it returns is called before. */
  readonly setTimer: (milliseconds: number, callback: () => void) => () => void;
}

/**
 * The machine's own monotonic clock. A sleep keeps the process alive, because somebody awaits it; a timer
 * does not, because a deadline alone is no reason to live.
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep,
  setTimer: (milliseconds, callback) => startTimer(milliseconds, callback, (timer) => timer.unref()),
};

/** The longest time that a timer of Node knows; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

function startTimer(
  milliseconds: number,
  callback: () => void,
  started: (timer: NodeJS.Timeout) => void = () => {},
): () => void {
  let timer: NodeJS.Timeout;
  const start = (left: number): void => {
    const next = left > longestTimer ? () => start(left - longestTimer) : callback;
    timer = setTimeout(next, Math.min(left, longestTimer));
    started(timer);
  };
  start(milliseconds);
  return () => {
    clearTimeout(timer);
  };
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    reject(signal?.reason);
  };
  const cancel = startTimer(milliseconds, resolve);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
