import type { AIAnalysis } from '../../src/api/ai-analysis.ts';
import type { AIApprovalRequest } from '../../src/api/ai-approval-request.ts';
import { aiAnalysisKind, aiApprovalRequestKind, type ResourceKind } from '../../src/api/names.ts';
import { isAbsent } from '../../src/kube/is-absent.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';

/** Reads what a workflow refers to. Rejects where the API server cannot answer. */
export interface ApprovalReader {
  /** Undefined where there is none. */
  request(namespace: string, name: string): Promise<AIApprovalRequest | undefined>;
  analysis(namespace: string, name: string): Promise<AIAnalysis | undefined>;
}

/** Reads that a create waits for are given up before its own deadline. */
const timeoutMilliseconds = 3_000;

/** Quorum reads: no resourceVersion is given, so no cache of the API server may answer from its past. */
export function createApprovalReader(client: KubeClient): ApprovalReader {
  const reading =
    <Answer>(kind: ResourceKind) =>
    async (namespace: string, name: string): Promise<Answer | undefined> => {
      try {
        const path = resourcePath(kind, { namespace, name });
        return await client.request<Answer>({ method: 'GET', path, timeoutMilliseconds });
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    };
  return { request: reading(aiApprovalRequestKind), analysis: reading(aiAnalysisKind) };
}
