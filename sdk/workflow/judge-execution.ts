import type { ObservedExecution } from './observed-execution.ts';
import type { PlannedWorkflow } from './plan-facts.ts';

/**
 * Whether an execution that has a step's name is that step's, or one that has the name of its rollback is that:
 * - `own`: it does the step, whoever has created it; or it undoes what did the step
 * - `earlier`: it is of an earlier workflow of the same name, and will go with it
 * - `other`: it does something else under this name
 */
export type ExecutionKinship = 'own' | 'earlier' | 'other';

/** What an execution is to be: that of a step, or the one that undoes another. Nobody but the controller creates that. */
export type ExpectedWork =
  | { readonly purpose: 'step' }
  | {
      readonly purpose: 'rollback';
      /** Name of the execution that did the step. */
      readonly undoes: string;
      /** By an action of its own: such an execution may say nothing of what it undoes. */
      readonly hasSpec: boolean;
    };

export function judgeExecution(
  execution: ObservedExecution,
  stepNumber: number,
  { uid, createdAt }: Pick<PlannedWorkflow, 'uid' | 'createdAt'>,
  expected: ExpectedWork,
): ExecutionKinship {
  const { ownerUid } = execution;
  if (ownerUid !== undefined && ownerUid !== uid) return 'earlier';
  if (ownerUid === undefined && isBefore(execution.createdAt, createdAt)) return 'earlier';
  return execution.stepNumber === stepNumber && hasPurpose(execution, expected) ? 'own' : 'other';
}

function hasPurpose({ undoes }: ObservedExecution, expected: ExpectedWork): boolean {
  if (expected.purpose === 'step') return undoes === undefined;
  return undoes === undefined ? expected.hasSpec : undoes === expected.undoes;
}

/** An execution that is older than its workflow cannot have been created for it. */
function isBefore(time: string | undefined, other: string | undefined): boolean {
  if (time === undefined || other === undefined) return false;
  return Date.parse(time) < Date.parse(other);
}
