import type { ObservedExecution } from './observed-execution.ts';
import type { PlannedWorkflow } from './plan-facts.ts';

/**
 * Whether an execution that has a step's name is that step's:
 * - `own`: it does the step, whoever has created it
 * - `earlier`: it is of an earlier workflow of the same name, and will go with it
 * - `other`: it does something else under this name
 */
export type ExecutionKinship = 'own' | 'earlier' | 'other';

export function judgeExecution(
  execution: ObservedExecution,
  stepNumber: number,
  { uid, createdAt }: Pick<PlannedWorkflow, 'uid' | 'createdAt'>,
): ExecutionKinship {
  const { ownerUid } = execution;
  if (ownerUid !== undefined && ownerUid !== uid) return 'earlier';
  if (ownerUid === undefined && isBefore(execution.createdAt, createdAt)) return 'earlier';
  return execution.stepNumber === stepNumber ? 'own' : 'other';
}

/** An execution that is older than its workflow cannot have been created for it. */
function isBefore(time: string | undefined, other: string | undefined): boolean {
  if (time === undefined || other === undefined) return false;
  return Date.parse(time) < Date.parse(other);
}
