import type { AIAnalysis } from '../../api/ai-analysis.ts';
import type { AIApprovalRequest, AIApprovalRequestSpec } from '../../api/ai-approval-request.ts';
import { approvalAnnotations } from '../../api/approval-annotations.ts';
import { aiAnalysisKind, aiApprovalRequestKind } from '../../api/names.ts';
import type { OwnerReference } from '../../api/object-meta.ts';
import { withAuthor } from '../approval/authors.ts';
import type { RecommendedWorkflow } from './recommended-workflow.ts';
import { remediationName } from './remediation-name.ts';

/** What a request is made of. The same facts make the same request. */
export interface ApprovalRequestFacts {
  readonly analysis: AIAnalysis & { readonly metadata: { readonly name: string; readonly uid: string } };
  readonly workflow: RecommendedWorkflow;
  /** Why a person has to decide. */
  readonly reason: string;
  /** RFC 3339; `status.approvalRequestedAt` of the analysis. */
  readonly requestedAt: string;
  /** As in the configuration, for example `15m`. */
  readonly timeout: string;
  readonly reviewer?: NonNullable<AIApprovalRequestSpec['reviewer']>;
}

/** The AIApprovalRequest of an analysis, owned by it, as the controller creates it. */
export function approvalRequest(facts: ApprovalRequestFacts): AIApprovalRequest {
  const { analysis, workflow, reason, requestedAt, timeout, reviewer } = facts;
  const { metadata, status } = analysis;
  const name = remediationName(metadata);
  const { group, version, kind } = aiApprovalRequestKind;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      ownerReferences: [analysisOwnerReference(metadata)],
    },
    spec: {
      aiAnalysisRef: { name: metadata.name, uid: metadata.uid },
      reason,
      ...(status?.approvalContext && { investigation: status.approvalContext }),
      workflow: { name, spec: workflow.spec, specHash: workflow.specHash, stepCount: workflow.steps.length },
      ...authorsOf(analysis),
      requestedAt,
      timeout,
      ...(reviewer && { reviewer }),
    },
  };
}

/**
 * Whoever has created the analysis chose whose rights its workflow has. Of recommendations that were stamped before there was
 * a list, the last author is known.
 */
function authorsOf({ metadata, status }: AIAnalysis): Pick<AIApprovalRequestSpec, 'authors'> {
  const recommended = status?.authors ?? (status?.recommendedBy ? [status.recommendedBy] : []);
  const creator = metadata.annotations?.[approvalAnnotations.createdBy];
  const authors = creator === undefined ? recommended : withAuthor(recommended, creator);
  return authors.length === 0 ? {} : { authors: [...authors] };
}

/** The reference by which an analysis owns its request and its workflow; nothing of theirs holds up its deletion. */
export function analysisOwnerReference(metadata: {
  readonly name: string;
  readonly uid: string;
}): OwnerReference {
  const { group, version, kind } = aiAnalysisKind;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
  };
}
