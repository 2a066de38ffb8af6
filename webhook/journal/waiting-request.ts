import type { Clock } from '../../src/kube/clock.ts';
import { SlotsUnavailableError, type UnavailableReason } from './journal-errors.ts';
import type { SlotOutcome, SlotRequest } from './slot-request.ts';

/** What stands in the way of an answer, as far as known. */
export interface Obstacle {
  readonly reason: UnavailableReason;
  readonly message: string;
}

/** A request on its way to an answer, and what has been asked for it so far. */
export interface WaitingRequest extends SlotRequest {
  readonly arrivedAt: number;
  readonly answer: Promise<SlotOutcome>;
  readonly answered: boolean;
  settle(outcome: SlotOutcome): void;
  fail(error: unknown): void;
  /** The creates of its name that were known when a quorum read last showed that the name is free. */
  clearedFor: string | undefined;
  /** The executions in doubt were asked for before a denial. */
  doubtsAsked: boolean;
  /** A denial needs a list first, because the watch may be stuck. */
  wantsList: boolean;
}

/** Fails by itself at the request's deadline, for the reason that `obstacle` then tells, and when nobody waits for it. */
export function createWaitingRequest(
  request: SlotRequest,
  clock: Clock,
  obstacle: () => Obstacle,
): WaitingRequest {
  const { promise, resolve, reject } = Promise.withResolvers<SlotOutcome>();
  let answered = false;
  const cancel = clock.setTimer(Math.max(0, request.deadline - clock.now()), () => {
    const { reason, message } = obstacle();
    finish(() => reject(new SlotsUnavailableError(reason, message)));
  });

  const abandon = (): void => {
    const message = 'nobody waits for the answer any more';
    finish(() => reject(new SlotsUnavailableError(obstacle().reason, message)));
  };
  request.signal?.addEventListener('abort', abandon, { once: true });
  if (request.signal?.aborted === true) abandon();

  function finish(how: () => void): void {
    if (answered) return;
    answered = true;
    cancel();
    request.signal?.removeEventListener('abort', abandon);
    how();
  }

  return {
    ...request,
    arrivedAt: clock.now(),
    answer: promise,
    get answered() {
      return answered;
    },
    settle: (outcome) => finish(() => resolve(outcome)),
    fail: (error) => finish(() => reject(error)),
    clearedFor: undefined,
    doubtsAsked: false,
    wantsList: false,
  };
}
