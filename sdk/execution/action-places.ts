import { createRunningLimit, type RunningLimit } from './running-limit.ts';

/** The places of one plugin's actions. */
export interface ActionPlaces {
  /** What each attempt needs a place of. */
  readonly running: RunningLimit;
  /** What an attempt needs a place of to wait without the other one: each that waits costs a watch and its memory. */
  readonly waiting: RunningLimit;
}

/** So many actions may wait for each that may run. */
const waitingForEachRunning = 8;

export function createActionPlaces(concurrency: number): ActionPlaces {
  return {
    running: createRunningLimit(concurrency),
    waiting: createRunningLimit(concurrency * waitingForEachRunning),
  };
}
