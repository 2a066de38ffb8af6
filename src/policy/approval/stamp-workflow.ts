import {
  approvalAnnotations as names,
  approvalStamps,
  type ApprovalAnnotation,
} from '../../api/approval-annotations.ts';
import { deny, type Deny } from '../verdict.ts';
import { authorship, authorsText, withAuthor } from './authors.ts';
import { decide, type Decided } from './decide-approval.ts';
import {
  annotationOf,
  approvingCommand,
  authorsOf,
  decisionOf,
  effectiveThreshold,
  type ApprovableWorkflow,
} from './workflow-approval.ts';

/** A CREATE (`before` is undefined) or UPDATE of a workflow, and who sends it. */
export interface StampFacts {
  readonly before: ApprovableWorkflow | undefined;
  readonly after: ApprovableWorkflow;
  readonly user: string;
  readonly groups: readonly string[];
  /** RFC 3339. */
  readonly now: string;
  /** Whether an `approved-at` may be the stamp of an earlier pass over this very request. */
  readonly isOfThisRequest: (approvedAt: string) => boolean;
  /** complexity-approval-threshold. */
  readonly threshold: number;
  readonly requireDifferentApprover: boolean;
  readonly serviceAccountsMayApprove: boolean;
  /** `true` approves nothing: an approval names the hash of what was read. */
  readonly approveByHashOnly: boolean;
  /** Value of the stamp of this installation. */
  readonly installation: string;
  /** True after the mutating side has stamped `after`: whoever asks compares, and tells forged from changing. */
  readonly isStamped?: boolean;
  /** The decision that a workflow was created on, where it refers to one and that was checked. */
  readonly claim?: CheckedClaim | undefined;
}

/** A decision in an AIApprovalRequest, for this very spec. */
export interface CheckedClaim {
  /** Name of the request. */
  readonly request: string;
  readonly decidedBy: string;
  /** RFC 3339. */
  readonly decidedAt: string;
}

/** What the workflow's annotations about approval must be. */
export interface Stamping {
  /** Every annotation of ours: its value, or undefined where it must be absent. */
  readonly annotations: Readonly<Record<ApprovalAnnotation, string | undefined>>;
  /** What an approver types to approve what is written, where that is needed. */
  readonly approvingCommand: string | undefined;
  /** What is undone if it fails, for the same person. */
  readonly undoing?: string | undefined;
  readonly warnings: readonly string[];
  /** The user must have the verb `approve` on this workflow. */
  readonly needsRight: boolean;
  /** What happened to the approval, for an Event. */
  readonly happened: Decided['happened'] | 'required' | undefined;
}

/**
 * The stamps of a workflow as it is written, or why it cannot be written. The same facts with the stamps put in
 * place give the same stamps, so that the validating side checks by asking again.
 */
export function stampWorkflow(facts: StampFacts): Stamping | Deny {
  const { before, after, user, threshold } = facts;
  const specChanged = before === undefined || before.specHash !== after.specHash;
  const decided = decide(facts, specChanged);
  if ('decision' in decided) return decided;
  const stampedThreshold = specChanged ? undefined : before && annotationOf(before, 'threshold');
  const thresholdNow = stampedThreshold ?? String(threshold);
  const required = after.stepCount > effectiveThreshold(thresholdNow, threshold);
  const annotations = {
    ...decided.annotations,
    createdBy: before === undefined ? user : annotationOf(before, 'createdBy'),
    editedBy: before && (specChanged ? user : annotationOf(before, 'editedBy')),
    authors: specChanged
      ? authorsText(authorsOfEdit(before, user))
      : before && annotationOf(before, 'authors'),
    stepCount: String(after.stepCount),
    threshold: thresholdNow,
    required: required ? 'true' : undefined,
    reason: required ? tooManySteps(after.stepCount, effectiveThreshold(thresholdNow, threshold)) : undefined,
    installation: facts.installation,
  };
  const forged = before && !facts.isStamped && forgedStamp(before, after, annotations);
  if (forged) return forged;
  const happened = decided.happened ?? (required && specChanged ? 'required' : undefined);
  const { warnings, needsRight } = decided;
  const command = required ? approvingCommand(after) : undefined;
  return { annotations, approvingCommand: command, warnings, needsRight, happened };
}

/**
 * Who has written the spec once `user` has changed it. What somebody else has approved is that person's responsibility;
 * until then everybody's part in it counts, after a rejection and a withdrawal too.
 */
function authorsOfEdit(before: ApprovableWorkflow | undefined, user: string): readonly string[] {
  if (before === undefined) return [user];
  const authors = authorsOf(before);
  const approver = decisionOf(before) === 'approved' ? annotationOf(before, 'approvedBy') : undefined;
  const isOthers = approver !== undefined && authorship(authors, approver) === undefined;
  return withAuthor(isOthers ? [] : authors, user);
}

/** Why a workflow of so many steps needs approval. */
export function tooManySteps(stepCount: number, threshold: number): string {
  return `${stepCount} steps are more than the ${threshold} that need no approval`;
}

/** What a user leaves out is put back; what a user writes is refused. */
function forgedStamp(
  before: ApprovableWorkflow,
  after: ApprovableWorkflow,
  stamps: Stamping['annotations'],
): Deny | undefined {
  for (const stamp of approvalStamps) {
    const written = annotationOf(after, stamp);
    if (written === undefined || written === annotationOf(before, stamp) || written === stamps[stamp])
      continue;
    const message = `${names[stamp]} is written by stepgate alone; ${names.approved} is the annotation that decides.`;
    return deny(403, 'Forbidden', message, [
      { reason: 'StampForged', field: `metadata.annotations[${names[stamp]}]`, message },
    ]);
  }
  return undefined;
}
