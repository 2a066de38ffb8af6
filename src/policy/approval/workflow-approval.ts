import { approvalAnnotations as names, type ApprovalAnnotation } from '../../api/approval-annotations.ts';
import { parseAuthors, withAuthor } from './authors.ts';
import { parseDecision } from './parse-decision.ts';

/** A WorkflowExecution as far as its approval goes. */
export interface ApprovableWorkflow {
  readonly namespace: string;
  readonly name: string;
  /** `sha256:…` of the canonical spec. */
  readonly specHash: string;
  readonly stepCount: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly deleting: boolean;
  readonly settled: boolean;
  /** A value of `approved` that is stored and does not count, because no stamp of this installation is beside it. */
  readonly uncountedDecision?: string | undefined;
}

/** Where a workflow stands. */
export type ApprovalState = 'not-required' | 'waiting' | 'approved' | 'rejected';

/** The annotation's value, or undefined. */
export function annotationOf(
  workflow: ApprovableWorkflow,
  annotation: ApprovalAnnotation,
): string | undefined {
  return workflow.annotations[names[annotation]];
}

/**
 * Who has created the workflow, and who has changed its spec since somebody else approved it last. Of stamps from before
 * there was a list, the last editor is known alone.
 */
export function authorsOf(workflow: ApprovableWorkflow): readonly string[] {
  const [list, creator, editor] = (['authors', 'createdBy', 'editedBy'] as const).map((stamp) =>
    annotationOf(workflow, stamp),
  );
  const editors = list === undefined ? [editor] : parseAuthors(list);
  return [creator, ...editors].filter((user) => user !== undefined).reduce(withAuthor, []);
}

/**
 * The threshold that holds for a workflow: the higher of the one that was in force when its spec was written and
 * the current one, so that raising it releases what waits, and lowering it touches nothing old.
 */
export function effectiveThreshold(stamped: string | undefined, current: number): number {
  const then = stamped !== undefined && /^[0-9]{1,9}$/.test(stamped) ? Number(stamped) : 0;
  return Math.max(then, current);
}

/** Whether the workflow may run. A decision counts only with its stamps, and for the spec it was made on. */
export function approvalState(workflow: ApprovableWorkflow, currentThreshold: number): ApprovalState {
  const decision = decisionOf(workflow);
  if (decision === 'rejected') return 'rejected';
  const threshold = effectiveThreshold(annotationOf(workflow, 'threshold'), currentThreshold);
  if (workflow.stepCount <= threshold) return 'not-required';
  return decision ?? 'waiting';
}

/** The decision that was made on the spec as it is now. */
export function decisionOf(workflow: ApprovableWorkflow): 'approved' | 'rejected' | undefined {
  const raw = annotationOf(workflow, 'approved');
  const decision = raw === undefined ? undefined : parseDecision(raw);
  if (decision === undefined || !annotationOf(workflow, 'approvedBy')) return undefined;
  if (annotationOf(workflow, 'approvedSpec') !== workflow.specHash) return undefined;
  if (decision.kind === 'reject') return 'rejected';
  return decision.specHash === undefined || decision.specHash === workflow.specHash ? 'approved' : undefined;
}

/**
 * The command by which an approver approves exactly what is there now. Writing the value that is stored already would
 * change nothing, and not even be sent to stepgate: it is taken off first.
 */
export function approvingCommand(workflow: ApprovableWorkflow): string {
  const { namespace, name, specHash, uncountedDecision } = workflow;
  const annotate = `kubectl annotate workflowexecution ${name} -n ${namespace}`;
  const approve = `${annotate} --overwrite ${names.approved}=${specHash}`;
  return uncountedDecision === specHash ? `${annotate} ${names.approved}- && ${approve}` : approve;
}
