import type { AttemptResult } from '../../src/observability/execution-metrics.ts';
import type { AttemptOutcome } from './attempt.ts';
import { failureMessage } from './failure-message.ts';
import { cannotKnow } from './take-up.ts';

/** An attempt that has failed. */
export interface AttemptFailure {
  readonly message: string;
  /** It is not to be repeated, whatever maxRetries says. */
  readonly final: boolean;
}

/**
 * Undefined for what is no failure of the action: it returned, or was told to stop.
 *
 * @param timeout as the spec says it
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
      return { message: failureMessage(outcome.error), final: false };
    case 'timed-out': {
      const meanwhile = outcome.error === undefined ? '' : ` ${failureMessage(outcome.error)}`;
      const message = `It took longer than ${timeout} and was stopped.${meanwhile}`;
      return { message: repeatable ? message : `${message} ${cannotKnow}`, final: !repeatable };
    }
    case 'not-stopped': {
      if (outcome.because === 'aborted') return undefined;
      const message = `It took longer than ${timeout}, and did not stop when it was told to: what it does now is cut off from the API server, and is not waited for.`;
      return { message, final: true };
    }
  }
}

/** The same, for metrics. */
export function resultOf(outcome: AttemptOutcome): AttemptResult {
  switch (outcome.outcome) {
    case 'returned':
      return 'completed';
    case 'threw':
      return 'failed';
    case 'timed-out':
      return 'timed_out';
    case 'not-stopped':
      return 'not_stopped';
    case 'aborted':
      return 'aborted';
  }
}
