/** A state of one workflow, as the answer to the write that made it shows it. */
export interface WorkflowState {
  /** Its resourceVersion: of all objects of a cluster the later one has the higher. */
  readonly revision: number;
  /** When the client had the answer, on its monotonic clock. */
  readonly answeredAt: number;
  readonly steps: number;
  readonly approved: boolean;
  /** Every edit of the spec writes another one into the parameters of its steps. */
  readonly version: number;
}

/** An execution that was admitted. */
export interface AdmittedExecution {
  readonly name: string;
  readonly sentAt: number;
  /** Its resourceVersion at its creation. */
  readonly revision: number;
  /** The version of the spec that it is a step of. */
  readonly version: number;
}

const threshold = 10;

/** Whether an execution may run while the workflow is like that. */
function permits({ steps, approved, version }: WorkflowState, execution: AdmittedExecution): boolean {
  return steps <= threshold || (approved && version === execution.version);
}

/**
 * The executions that no state permits which the workflow was in at any moment between the sending of their create
 * and their existence. Writes whose answer came before that are over: what they replaced permits nothing.
 */
export function unapprovedExecutions(
  states: readonly WorkflowState[],
  executions: readonly AdmittedExecution[],
): readonly AdmittedExecution[] {
  const ordered = states.toSorted((left, right) => left.revision - right.revision);
  return executions.filter((execution) => {
    const known = ordered.findLastIndex(({ answeredAt }) => answeredAt < execution.sentAt);
    const during = ordered.slice(Math.max(0, known)).filter(({ revision }) => revision < execution.revision);
    return !during.some((state) => permits(state, execution));
  });
}
