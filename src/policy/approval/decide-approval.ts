import { approvalAnnotations as names } from '../../api/approval-annotations.ts';
import { deny, type Deny } from '../verdict.ts';
import { authorship, authorsMayNotApprove } from './authors.ts';
import { parseDecision, type Decision } from './parse-decision.ts';
import { isServiceAccountUser, serviceAccountsMayNotDecide } from './service-account-user.ts';
import type { CheckedClaim, StampFacts } from './stamp-workflow.ts';
import {
  annotationOf,
  approvingCommand,
  authorsOf,
  decisionOf,
  effectiveThreshold,
  type ApprovableWorkflow,
} from './workflow-approval.ts';

/** The annotations of a decision. */
interface DecisionAnnotations {
  readonly approved: string | undefined;
  readonly approvedBy: string | undefined;
  readonly approvedAt: string | undefined;
  readonly approvedSpec: string | undefined;
  /** Absent where it was made by annotation. */
  readonly request: string | undefined;
}

/** What becomes of the decision on a workflow. */
export interface Decided {
  readonly annotations: DecisionAnnotations;
  readonly warnings: readonly string[];
  readonly needsRight: boolean;
  readonly happened: 'approved' | 'rejected' | 'voided' | 'withdrawn' | undefined;
}

const undecided: DecisionAnnotations = {
  approved: undefined,
  approvedBy: undefined,
  approvedAt: undefined,
  approvedSpec: undefined,
  request: undefined,
};

/** The decision on a workflow as it is written: made, kept, put back, withdrawn, voided, or refused. */
export function decide(facts: StampFacts, specChanged: boolean): Decided | Deny {
  const { before, after } = facts;
  const raw = annotationOf(after, 'approved');
  if (before === undefined) {
    if (facts.claim !== undefined) return claimed(facts.claim, after);
    const warnings = (['approved', 'request'] as const)
      .filter((name) => annotationOf(after, name) !== undefined)
      .map((name) => `${names[name]} is not taken over from a create: approve what is there`);
    return kept(undecided, warnings);
  }
  const rawBefore = annotationOf(before, 'approved');
  if (specChanged) return edited(before, raw !== undefined && raw !== rawBefore);
  if (raw === rawBefore) return kept(decisionAnnotations(before));
  if (raw === undefined) return dropped(before);
  return decideAnew(raw, before, facts);
}

/** The workflow is created on a decision that was made before it, on the same spec. */
function claimed({ request, decidedBy, decidedAt }: CheckedClaim, { specHash }: ApprovableWorkflow): Decided {
  const annotations = {
    approved: specHash,
    approvedBy: decidedBy,
    approvedAt: decidedAt,
    approvedSpec: specHash,
    request,
  };
  return { ...kept(annotations), happened: 'approved' };
}

function edited(before: ApprovableWorkflow, decides: boolean): Decided | Deny {
  if (decides) {
    const message = `${names.approved} and the spec cannot change in one request: what is approved must be there before.`;
    return refuse(422, 'Invalid', 'ApprovalWithEdit', message);
  }
  if (annotationOf(before, 'approved') === undefined) return kept(undecided);
  const what = decisionOf(before) === 'rejected' ? 'rejection' : 'approval';
  return { ...kept(undecided, [`The spec has changed: its ${what} is void`]), happened: 'voided' };
}

function dropped(before: ApprovableWorkflow): Decided {
  if (decisionOf(before) === 'rejected') {
    return kept(decisionAnnotations(before), ['The rejection stays: it is final for this spec']);
  }
  return {
    ...kept(undecided, [`The approval is withdrawn, because ${names.approved} was removed`]),
    happened: 'withdrawn',
  };
}

function decideAnew(raw: string, before: ApprovableWorkflow, facts: StampFacts): Decided | Deny {
  const decision = parseDecision(raw);
  if (decision === undefined) {
    const message = `${names.approved} takes true, false or the hash sha256:…, not ${JSON.stringify(raw.slice(0, 80))}.`;
    return refuse(422, 'Invalid', 'DecisionUnknown', message);
  }
  const refusal = whyNot(decision, before, facts);
  if (refusal !== undefined) return refusal;
  const { after, user, threshold } = facts;
  const stands = decisionOf(before) === 'approved' && decision.kind === 'approve';
  const stamps = stands
    ? decisionAnnotations(before)
    : { approvedBy: user, approvedAt: stampedAt(facts), approvedSpec: after.specHash };
  const isNeeded = after.stepCount > effectiveThreshold(annotationOf(before, 'threshold'), threshold);
  return {
    annotations: { ...undecided, ...stamps, approved: raw },
    warnings: isNeeded || decision.kind === 'reject' ? [] : [`${after.name} needs no approval`],
    needsRight: true,
    happened: stands ? undefined : decision.kind === 'approve' ? 'approved' : 'rejected',
  };
}

function whyNot(decision: Decision, before: ApprovableWorkflow, facts: StampFacts): Deny | undefined {
  const { after, user, requireDifferentApprover, approveByHashOnly } = facts;
  if (!facts.serviceAccountsMayApprove && isServiceAccountUser(facts)) {
    return refuse(403, 'Forbidden', 'DeciderIsServiceAccount', serviceAccountsMayNotDecide(user));
  }
  if (after.deleting || after.settled) {
    const how = after.deleting ? 'is being deleted' : 'has settled';
    return refuse(
      403,
      'Forbidden',
      'WorkflowIsOver',
      `Workflow "${after.name}" ${how}: there is nothing to decide.`,
    );
  }
  if (decisionOf(before) === 'rejected') {
    const message = `Workflow "${after.name}" was rejected by ${annotationOf(before, 'approvedBy')}: that is final for this spec.`;
    return refuse(403, 'Forbidden', 'RejectionIsFinal', message);
  }
  if (decision.kind === 'reject') return undefined;
  if (decision.specHash !== undefined && decision.specHash !== after.specHash) {
    const message = `The spec is no longer the one with that hash. To approve what is there now: ${approvingCommand(after)}`;
    return refuse(409, 'Conflict', 'SpecChanged', message);
  }
  if (approveByHashOnly && decision.specHash === undefined) {
    const message = `An approval names the hash of what was read (setting approve-by-hash-only). To approve what is there now: ${approvingCommand(after)}`;
    return refuse(422, 'Invalid', 'HashRequired', message);
  }
  const written = requireDifferentApprover ? authorship(authorsOf(before), user) : undefined;
  if (written === undefined) return undefined;
  const message = authorsMayNotApprove(written, user, `workflow "${after.name}"`);
  return refuse(403, 'Forbidden', 'ApproverIsCreator', message);
}

/**
 * A pass of ours before this one has stamped the time: the same request keeps it. The time of an earlier decision is
 * not it.
 */
function stampedAt({ before, after, user, now, isOfThisRequest }: StampFacts): string {
  const written = annotationOf(after, 'approvedAt');
  if (written === undefined || annotationOf(after, 'approvedBy') !== user) return now;
  if (before !== undefined && written === annotationOf(before, 'approvedAt')) return now;
  return isOfThisRequest(written) ? written : now;
}

function decisionAnnotations(workflow: ApprovableWorkflow): DecisionAnnotations {
  return {
    approved: annotationOf(workflow, 'approved'),
    approvedBy: annotationOf(workflow, 'approvedBy'),
    approvedAt: annotationOf(workflow, 'approvedAt'),
    approvedSpec: annotationOf(workflow, 'approvedSpec'),
    request: annotationOf(workflow, 'request'),
  };
}

function kept(annotations: DecisionAnnotations, warnings: readonly string[] = []): Decided {
  return { annotations, warnings, needsRight: false, happened: undefined };
}

function refuse(code: number, status: string, reason: string, message: string): Deny {
  return deny(code, status, message, [{ reason, field: `metadata.annotations[${names.approved}]`, message }]);
}
