/** The API groups, kinds, labels and annotations of stepgate. Every name that two processes must agree on. */

/** A kind as the API server's URLs know it. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** The kind of workflows. */
export const workflowExecutionKind = {
  group: 'workflowexecution.kubernaut.io',
  version: 'v1alpha1',
  kind: 'WorkflowExecution',
  plural: 'workflowexecutions',
} as const satisfies ResourceKind;

/** The kind of executions. */
export const kubernetesExecutionKind = {
  group: 'kubernetesexecution.kubernaut.io',
  version: 'v1alpha1',
  kind: 'KubernetesExecution',
  plural: 'kubernetesexecutions',
} as const satisfies ResourceKind;

/** The kind of analyses: what an AI proposes to do. */
export const aiAnalysisKind = {
  group: 'aianalysis.kubernaut.io',
  version: 'v1alpha1',
  kind: 'AIAnalysis',
  plural: 'aianalyses',
} as const satisfies ResourceKind;

/** The kind of requests for approval: what a person decides on. */
export const aiApprovalRequestKind = {
  group: 'aianalysis.kubernaut.io',
  version: 'v1alpha1',
  kind: 'AIApprovalRequest',
  plural: 'aiapprovalrequests',
} as const satisfies ResourceKind;

export const slotJournalKind = {
  group: 'stepgate.kubernaut.io',
  version: 'v1alpha1',
  kind: 'SlotJournal',
  plural: 'slotjournals',
} as const satisfies ResourceKind;

/** Label on an execution: the name of its workflow, where that fits a label value (63 characters). */
export const workflowLabel = 'workflow';

/** Annotation on an execution: the name of its workflow, where it is too long for the label. */
export const workflowAnnotation = 'kubernaut.io/workflow';

/**
 * Annotation on an execution: the name of the execution that it undoes. Only the workflow controller sets it, when it
 * creates the execution; without {@link rollbackByAnnotation} the execution has the action and the parameters of that one,
 * and runs the rollback of the action.
 */
export const rollbackOfAnnotation = 'kubernaut.io/rollback-of';

/** Annotation beside it: `rollbackSpec` where the execution runs what the step's rollbackSpec says. */
export const rollbackByAnnotation = 'kubernaut.io/rollback-by';

/** Annotation on an execution: which call has created it, so that one whose answer was lost knows its own again. */
export const createAttemptAnnotation = 'kubernaut.io/create-attempt';

/**
 * The longest label value. Source: apimachinery `validation.LabelValueMaxLength`.
 */
export const labelValueMaxLength = 63;

/** The one SlotJournal of a namespace has this name. */
export const slotJournalName = 'slots';

/** The ServiceAccount of an execution's namespace that actions act as, where the execution names none. */
export const defaultServiceAccountName = 'stepgate-runner';
