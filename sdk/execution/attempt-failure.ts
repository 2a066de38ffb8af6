import { unanswered } from '../../src/kube/unanswered.ts';
import type { AttemptResult } from '../../src/observability/execution-metrics.ts';
import type { AttemptOutcome } from './attempt.ts';
import { failureMessage } from './failure-message.ts';
import { cannotKnow } from './take-up.ts';

/** An attempt that has failed. */
export interface AttemptFailure {
  readonly message: string;
  /**
   * What follows: `retry`, where maxRetries allows it; `resume`: it was only interrupted, and maxRetries does not count
   * that; `end`: nothing, whatever maxRetries says.
   */
  readonly next: 'retry' | 'resume' | 'end';
}

/**
 * Undefined for what is no failure of the action: it returned, or was told to stop.
 *
 * @param timeout how long it may take, in words
 */
export function failureOf(
  outcome: AttemptOutcome,
  { repeatable, timeout }: { readonly repeatable: boolean; readonly timeout: string },
): AttemptFailure | undefined {
  switch (outcome.outcome) {
    case 'returned':
    case 'aborted':
      return undefined;
    case 'threw':
      return failureOfThrown(outcome.error, repeatable);
    case 'timed-out': {
      const meanwhile = outcome.error === undefined ? '' : ` ${failureMessage(outcome.error)}`;
      const message = `It took longer than ${timeout} and was stopped.${meanwhile}`;
      return repeatable ? { message, next: 'retry' } : { message: `${message} ${cannotKnow}`, next: 'end' };
    }
    case 'not-stopped': {
      if (outcome.because === 'aborted') return undefined;
      const message = `It took longer than ${timeout}, and did not stop when it was told to: what it does now is cut off from the API server, and is not waited for.`;
      return { message, next: 'end' };
    }
  }
}

function failureOfThrown(error: unknown, repeatable: boolean): AttemptFailure {
  const message = failureMessage(error);
  const lost = unanswered(error);
  if (lost === undefined) return { message, next: 'retry' };
  if (repeatable) return { message: `The API server could not answer: ${message}.`, next: 'resume' };
  return lost === 'unknown'
    ? { message: `${message}. ${cannotKnow}`, next: 'end' }
    : { message, next: 'retry' };
}

/** The same, for metrics. */
export function resultOf(outcome: AttemptOutcome): AttemptResult {
  switch (outcome.outcome) {
    case 'returned':
      return 'completed';
    case 'threw':
      return unanswered(outcome.error) === undefined ? 'failed' : 'unanswered';
    case 'timed-out':
      return 'timed_out';
    case 'not-stopped':
      return 'not_stopped';
    case 'aborted':
      return 'aborted';
  }
}
