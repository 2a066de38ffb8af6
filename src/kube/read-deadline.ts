import type { Clock } from './clock.ts';

/** Calls back once when nothing was heard for too long. */
export interface ReadDeadline {
  /** Something was heard. Cheap: no timer is touched. */
  heard(): void;
  stop(): void;
}

/** @param onSilence called after `milliseconds` without `heard`, counted from now */
export function startReadDeadline(clock: Clock, milliseconds: number, onSilence: () => void): ReadDeadline {
  let heardAt = clock.now();
  const check = (): void => {
    const left = heardAt + milliseconds - clock.now();
    if (left <= 0) onSilence();
    else cancel = clock.setTimer(left, check);
  };
  let cancel = clock.setTimer(milliseconds, check);
  return {
    heard() {
      heardAt = clock.now();
    },
    stop() {
      cancel();
    },
  };
}
