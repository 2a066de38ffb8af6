import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { StoredExecution } from './stored-execution.ts';

/** What to do with an execution that this process does not run. */
export type TakeUp =
  /** It is settled, or another's. */
  | { readonly decision: 'leave' }
  /** It ends here, as failed. */
  | { readonly decision: 'fail'; readonly message: string }
  | {
      readonly decision: 'attempt';
      /** Number of the attempt to make. */
      readonly attempt: number;
      /** How many attempts before it ended with their controller. */
      readonly interruptions: number;
      /** How many attempts before it had no answer of the API server. */
      readonly unanswered: number;
      /** What was interrupted, for people. */
      readonly note?: string;
    };

/**
 * Decides by what the status says. `executing` with an executor means that a controller of ours has begun an attempt
 * and has not written how it ended: it was interrupted. Between two attempts the phase is `pending`, so that a crash
 * then is no interruption. `executing` without an executor, and `waiting_approval`, were written by others, whose
 * execution it is until they change it.
 */
export function takeUp(execution: StoredExecution, { repeatable }: { repeatable: boolean }): TakeUp {
  const { metadata, status = {} } = execution;
  const { phase, attempts = 0, interruptions = 0, unanswered = 0, executor } = status;
  if (isSettledExecutionPhase(phase) || phase === 'waiting_approval') return { decision: 'leave' };
  if (phase === 'executing' && executor === undefined) return { decision: 'leave' };
  if (phase !== 'executing') {
    if (metadata.deletionTimestamp !== undefined)
      return { decision: 'fail', message: 'It was deleted before it was done.' };
    return { decision: 'attempt', attempt: attempts + 1, interruptions, unanswered };
  }
  const note = `Attempt ${attempts} was interrupted: the controller that made it ended`;
  if (metadata.deletionTimestamp !== undefined)
    return { decision: 'fail', message: `${note}, and the execution was deleted.` };
  if (!repeatable) return { decision: 'fail', message: `${note}. ${cannotKnow}` };
  if (interruptions >= mostInterruptions) return { decision: 'fail', message: `${note}. ${mayBeWhy}` };
  const counted = { interruptions: interruptions + 1, unanswered };
  return { decision: 'attempt', attempt: attempts + 1, ...counted, note: `${note}.` };
}

/** An action that ends its process, or never lets go of it, would end every controller after this one too. */
export const mostInterruptions = 10;

const mayBeWhy =
  `It was interrupted ${mostInterruptions} times before: perhaps the action itself ends the controller. ` +
  'It is not begun again.';

/** Why an action that must not be done twice is not begun again. */
export const cannotKnow =
  'It cannot be known whether the action was done, and it must not be done twice: look, and decide yourself.';
