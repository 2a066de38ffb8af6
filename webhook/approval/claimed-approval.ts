import { approvalAnnotations as names } from '../../src/api/approval-annotations.ts';
import type { AIAnalysis } from '../../src/api/ai-analysis.ts';
import { aiApprovalRequestSchema, type AIApprovalRequest } from '../../src/api/ai-approval-request.ts';
import { aiAnalysisKind } from '../../src/api/names.ts';
import { isFinalAnalysisPhase } from '../../src/api/phase.ts';
import type { CheckedClaim } from '../../src/policy/approval/stamp-workflow.ts';
import type { ApprovableWorkflow } from '../../src/policy/approval/workflow-approval.ts';
import { deny, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { ApprovalReader } from '../cluster/approval-reader.ts';

/** What it takes to check the decision that a workflow refers to. */
export interface ClaimOptions {
  readonly approvals: ApprovalReader;
  /** User name of stepgate's controller: nobody else may refer to a decision. */
  readonly controller: string;
}

const field = `metadata.annotations[${names.request}]`;

/**
 * The decision that a new workflow refers to, checked: made under this installation, an approval, of this very spec under
 * this very name, in the request of the analysis that owns the workflow, and not used before. Undefined where it refers to
 * none, and for everybody but the controller: the reference is taken off then, and the workflow awaits approval as any
 * other.
 */
export async function claimedApproval(
  request: AdmissionRequest,
  workflow: ApprovableWorkflow,
  installation: string,
  { approvals, controller }: ClaimOptions,
): Promise<CheckedClaim | Deny | undefined> {
  if (request.operation !== 'CREATE' || request.userInfo.username !== controller) return undefined;
  const name = workflow.annotations[names.request];
  if (name === undefined) return undefined;
  const owner = analysisOf(request);
  let approval: AIApprovalRequest | undefined;
  let analysis: AIAnalysis | undefined;
  try {
    [approval, analysis] = await Promise.all([
      approvals.request(request.namespace, name),
      owner && approvals.analysis(request.namespace, owner.name),
    ]);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The decision that workflow "${workflow.name}" refers to cannot be read now (${why}); try again.`;
    return deny(503, 'ServiceUnavailable', message, [{ reason: 'DecisionUnreadable', field, message }]);
  }
  const problem =
    whyNoApproval(approval, workflow, installation) ?? whyNotOfAnalysis(approval, owner, analysis);
  if (problem !== undefined) {
    const message = `Workflow "${workflow.name}" is not what AIApprovalRequest "${name}" approves: ${problem}.`;
    return deny(403, 'Forbidden', message, [{ reason: 'NotTheApprovedWorkflow', field, message }]);
  }
  const { decidedBy = '', decidedAt = '' } = approval?.status ?? {};
  return { request: name, decidedBy, decidedAt };
}

function whyNoApproval(
  approval: AIApprovalRequest | undefined,
  workflow: ApprovableWorkflow,
  installation: string,
): string | undefined {
  if (approval === undefined) return 'there is no such request';
  if (!aiApprovalRequestSchema.safeParse(approval).success) return 'the request cannot be read';
  const { status, spec } = approval;
  if (status?.decision !== 'Approved') return 'it was not approved';
  if (!status.decidedBy || !status.decidedAt || status.decidedUnder !== installation) {
    return 'the decision was not made under this installation of stepgate';
  }
  if (spec.workflow.name !== workflow.name) return `it is for workflow "${spec.workflow.name}"`;
  // The hash was compared with the spec beside it when the decision was made, and neither changes.
  if (spec.workflow.specHash !== workflow.specHash) return `it is for the spec ${spec.workflow.specHash}`;
  return undefined;
}

interface Owner {
  readonly name: string;
  readonly uid: string;
}

/** The analysis that owns a workflow as its controller. */
function analysisOf({ object }: AdmissionRequest): Owner | undefined {
  const { group, version, kind } = aiAnalysisKind;
  const owner = object?.metadata?.ownerReferences?.find(({ controller }) => controller === true);
  const [name, uid] = [owner?.['name'], owner?.['uid']];
  if (owner?.['apiVersion'] !== `${group}/${version}` || owner['kind'] !== kind) return undefined;
  return typeof name === 'string' && typeof uid === 'string' ? { name, uid } : undefined;
}

function whyNotOfAnalysis(
  approval: AIApprovalRequest | undefined,
  owner: Owner | undefined,
  analysis: AIAnalysis | undefined,
): string | undefined {
  const asked = approval?.spec.aiAnalysisRef;
  if (owner === undefined || owner.name !== asked?.name || owner.uid !== asked.uid) {
    return `AIAnalysis "${asked?.name}" does not own the workflow`;
  }
  if (analysis === undefined || analysis.metadata.uid !== owner.uid) {
    return `AIAnalysis "${asked.name}" is gone`;
  }
  const { status, metadata } = analysis;
  if (metadata.deletionTimestamp !== undefined) return `AIAnalysis "${asked.name}" is being deleted`;
  if (status?.approvalRequestName !== approval?.metadata.name) {
    return `AIAnalysis "${asked.name}" does not ask by this request`;
  }
  if (status?.workflowExecutionRef !== undefined || isFinalAnalysisPhase(status?.phase)) {
    return `AIAnalysis "${asked.name}" has had its workflow, or is over`;
  }
  return undefined;
}
