import type { Clock } from '../../src/kube/clock.ts';
import { SlotsUnavailableError } from './journal-errors.ts';
import type { NewMark } from './workflow-marks.ts';
import type { Obstacle } from './waiting-request.ts';

/** Marks that wait to be written. */
export interface WaitingMarks {
  readonly size: number;
  /** Resolves when the mark is in the journal, rejects at the deadline. Milliseconds of the clock. */
  add(mark: NewMark, deadline: number): Promise<void>;
  /** All of them, for a write; what is added meanwhile is for the next one. */
  snapshot(): readonly NewMark[];
  written(marks: readonly NewMark[]): void;
  /** Some of them cannot be written. */
  refuse(marks: readonly NewMark[], error: Error): void;
  /** No write can be made now. */
  fail(error: Error): void;
}

interface WaitingMark {
  readonly settle: (error?: Error) => void;
}

/** None so far; `obstacle` tells at a deadline what was in the way. */
export function createWaitingMarks(clock: Clock, obstacle: () => Obstacle): WaitingMarks {
  const waiting = new Map<NewMark, WaitingMark>();
  return {
    get size() {
      return waiting.size;
    },
    async add(mark, deadline) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const cancel = clock.setTimer(Math.max(0, deadline - clock.now()), () => {
        const { reason, message } = obstacle();
        waiting.get(mark)?.settle(new SlotsUnavailableError(reason, message));
      });
      waiting.set(mark, {
        settle(error) {
          cancel();
          waiting.delete(mark);
          if (error === undefined) resolve();
          else reject(error);
        },
      });
      return promise;
    },
    snapshot: () => [...waiting.keys()],
    written(marks) {
      for (const mark of marks) waiting.get(mark)?.settle();
    },
    refuse(marks, error) {
      for (const mark of marks) waiting.get(mark)?.settle(error);
    },
    fail(error) {
      for (const { settle } of waiting.values()) settle(error);
    },
  };
}
