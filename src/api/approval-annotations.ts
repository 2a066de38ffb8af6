/**
 * Annotations of a WorkflowExecution about its approval. `approved` is the only one that a person sets; the others
 * are stamps, written by the webhook alone.
 */
export const approvalAnnotations = {
  /** `true` or `sha256:…` approves, `false` rejects. */
  approved: 'kubernaut.io/approved',
  /** `true` where the steps are more than the threshold, else absent. */
  required: 'kubernaut.io/approval-required',
  reason: 'kubernaut.io/approval-reason',
  stepCount: 'kubernaut.io/step-count',
  /** complexity-approval-threshold when the spec was written; a lower one later does not touch it. */
  threshold: 'kubernaut.io/approval-threshold',
  createdBy: 'kubernaut.io/created-by',
  /** Who last changed the spec, where somebody did. */
  editedBy: 'kubernaut.io/edited-by',
  /** Everybody who has written the spec since it was last approved by somebody else: a list in JSON, `["*"]` where they are too many. */
  authors: 'kubernaut.io/authors',
  /** Who decided, approval or rejection. */
  approvedBy: 'kubernaut.io/approved-by',
  /** RFC 3339. */
  approvedAt: 'kubernaut.io/approved-at',
  /** Hash of the spec that was decided on; a decision is for that spec alone. */
  approvedSpec: 'kubernaut.io/approved-spec',
  /** The AIApprovalRequest in which the decision was made. */
  request: 'kubernaut.io/approval-request',
  /** The installation that has written the stamps; those of another, or of none, are no stamps. */
  installation: 'kubernaut.io/approval-installation',
} as const;

/** A name in {@link approvalAnnotations}. */
export type ApprovalAnnotation = keyof typeof approvalAnnotations;

/** What the webhook alone writes. */
export const approvalStamps = [
  'required',
  'reason',
  'stepCount',
  'threshold',
  'createdBy',
  'editedBy',
  'authors',
  'approvedBy',
  'approvedAt',
  'approvedSpec',
  'request',
  'installation',
] as const satisfies readonly ApprovalAnnotation[];

/** The verb, on workflowexecutions, that makes an approver. */
export const approveVerb = 'approve';
