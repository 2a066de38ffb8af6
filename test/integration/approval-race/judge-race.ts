import type { AdmittedExecution, RaceHistory, RaisedThreshold, WorkflowState } from './race-history.ts';

/** The threshold while it is not raised. */
export const usualThreshold = 10;

/** The highest threshold that may have been in force at some moment of a request. */
function highestThreshold(
  { sentAt, answeredAt }: Pick<WorkflowState, 'sentAt' | 'answeredAt'>,
  raised: readonly RaisedThreshold[],
): number {
  const then = raised.filter(({ from, until }) => from < answeredAt && until > sentAt);
  return Math.max(usualThreshold, ...then.map(({ threshold }) => threshold));
}

/** Whether an execution may run while the workflow is like that. */
function permits(state: WorkflowState, execution: AdmittedExecution, threshold: number): boolean {
  if (state.decision === 'rejected') return false;
  if (state.steps <= Math.max(state.threshold, threshold)) return true;
  return state.decision === 'approved' && state.version === execution.version;
}

/**
 * The executions that no state permits which the workflow was in at any moment between the sending of their create
 * and their existence. Writes whose answer came before that are over: what they replaced permits nothing.
 */
export function unapprovedExecutions({ states, admitted, raised }: RaceHistory): AdmittedExecution[] {
  const ordered = states.toSorted((left, right) => left.revision - right.revision);
  return admitted.filter((execution) => {
    const known = ordered.findLastIndex(({ answeredAt }) => answeredAt < execution.sentAt);
    const during = ordered.slice(Math.max(0, known)).filter(({ revision }) => revision < execution.revision);
    const threshold = highestThreshold(execution, raised);
    return !during.some((state) => permits(state, execution, threshold));
  });
}

/** The states whose decision is stamped for another spec than the one beside it. */
export function decisionsOnAnotherSpec({ states }: RaceHistory): WorkflowState[] {
  return states.filter(({ decision, approvedSpec, specHash }) => decision && approvedSpec !== specHash);
}

/** The states whose spec is new, and whose threshold was in force at no moment of the write that brought it. */
export function unfoundedThresholds({ states, raised }: RaceHistory): WorkflowState[] {
  return states.filter((state) => state.isNewSpec && state.threshold > highestThreshold(state, raised));
}
