import type { Clock } from '../../src/kube/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when everything that could happen now has happened. Milliseconds. */
export interface VirtualTime extends Clock {
  /** Runs what is due until `until`, or until nothing is left to happen. */
  run(until: number): Promise<void>;
}

/** Starts at 0. Timers of one instant run in the order they were set. */
export function createVirtualTime(): VirtualTime {
  const timers: Timer[] = [];
  let now = 0;
  let order = 0;

  function push(timer: Timer): void {
    let index = timers.length;
    timers.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, timers[parent])) break;
      timers[index] = timers[parent] as Timer;
      index = parent;
    }
    timers[index] = timer;
  }

  function pop(): Timer | undefined {
    const first = timers[0];
    const last = timers.pop();
    if (first === undefined || last === undefined || timers.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && isBefore(timers[child + 1] as Timer, timers[child])) child += 1;
      if (!isBefore(timers[child] as Timer, last)) break;
      timers[index] = timers[child] as Timer;
      index = child;
    }
    timers[index] = last;
    return first;
  }

  function setTimer(milliseconds: number, callback: () => void): () => void {
    let live = true;
    order += 1;
    push({ at: now + Math.max(0, milliseconds), order, callback: () => void (live && callback()) });
    return () => {
      live = false;
    };
  }

  return {
    now: () => now,
    setTimer,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const cancel = setTimer(milliseconds, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          reject(signal.reason as Error);
        });
      });
    },
    async run(until) {
      await microtasks();
      for (;;) {
        const next = timers[0];
        if (next === undefined || next.at > until) break;
        pop();
        now = next.at;
        next.callback();
        await microtasks();
      }
      now = Math.max(now, until);
    },
  };
}

function isBefore(left: Timer, right: Timer | undefined): boolean {
  return right !== undefined && (left.at < right.at || (left.at === right.at && left.order < right.order));
}

/** Everything that promises have to do is done before the next macrotask. */
async function microtasks(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
