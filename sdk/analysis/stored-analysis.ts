import type { AIAnalysisSpec, AIAnalysisStatus } from '../../src/api/ai-analysis.ts';
import type { AIApprovalRequestSpec, AIApprovalRequestStatus } from '../../src/api/ai-approval-request.ts';
import { finalAnalysisPhases } from '../../src/api/phase.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';

/** An analysis as the API server has stored it: its CRD's schema has checked it. */
export interface StoredAnalysis extends KubeObject {
  readonly spec?: AIAnalysisSpec;
  readonly status?: AIAnalysisStatus;
}

/** A request for approval as it is stored. */
export interface StoredRequest extends KubeObject {
  readonly spec: AIApprovalRequestSpec;
  readonly status?: AIApprovalRequestStatus;
}

/** What is kept of a request: not what it shows to people, and not the spec, which the analysis says too. */
export interface CachedRequest extends KubeObject {
  readonly spec: Pick<AIApprovalRequestSpec, 'requestedAt' | 'timeout'> & {
    readonly workflow: Pick<AIApprovalRequestSpec['workflow'], 'name' | 'specHash'>;
  };
  readonly status?: AIApprovalRequestStatus;
}

/** Selects the analyses of which something may become yet. */
export const liveAnalysisFieldSelector = finalAnalysisPhases
  .map((phase) => `status.phase!=${phase}`)
  .join(',');

export function shrinkRequest({ metadata, spec, status }: StoredRequest | CachedRequest): CachedRequest {
  const { requestedAt, timeout, workflow } = spec;
  const { name, specHash } = workflow;
  return {
    metadata,
    spec: { requestedAt, timeout, workflow: { name, specHash } },
    ...(status === undefined ? {} : { status }),
  };
}

/** Whose it is, is all that is kept of a workflow. */
export function shrinkOwned({ metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, ownerReferences } = metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
  };
}
