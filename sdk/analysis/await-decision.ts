import { expiredCondition } from '../../src/api/ai-approval-request.ts';
import { aiApprovalRequestKind } from '../../src/api/names.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { remediationName } from '../../src/policy/analysis/remediation-name.ts';
import { expiryOf } from '../../src/policy/analysis/request-expiry.ts';
import type { Fields } from '../workflow/recorded-status.ts';
import { mergeConditions } from '../workflow/workflow-conditions.ts';
import { failsUnapproved, isRejected } from './analysis-change.ts';
import type { AnalysisStep, AnalysisTurn } from './analysis-turn.ts';
import { createRequest } from './create-request.ts';
import { lookUp } from './create-once.ts';
import { endOfRequest } from './end-of-request.ts';
import { isOwnedBy } from './kinship.ts';
import { secondsUntil, startWorkflow } from './start-workflow.ts';
import type { CachedRequest, StoredRequest } from './stored-analysis.ts';
import { writeChange } from './write-change.ts';

/** Waits for a person, who may have decided long ago, and for no longer than the request says. */
export async function awaitDecision(turn: AnalysisTurn): Promise<AnalysisStep> {
  const { analysis, memory, clock, date, metrics } = turn;
  const name = analysis.status?.approvalRequestName ?? remediationName(analysis.metadata);
  const request = await findRequest(turn, name);
  if (request === undefined) return await createRequest(turn, name);
  const now = date().toISOString();
  if (!isOwnedBy(request, analysis.metadata)) {
    const message = `AIApprovalRequest ${name} exists and does not belong to this analysis`;
    return await writeChange(turn, failsUnapproved('RequestRefused', message, now));
  }
  const end = endOfRequest(request);
  if (end?.kind === 'Approved') return await startWorkflow(turn, { request, end });
  if (end !== undefined) {
    const step = await writeChange(turn, isRejected(end, request.spec.timeout, now));
    const seconds = end.kind === 'Expired' ? 0 : secondsUntil(end, request);
    if (step.kind === 'goOn') metrics.decided(end.kind, seconds);
    return step;
  }
  const left = (memory.deadline?.at ?? 0) - clock.now();
  if (left > 0) return { kind: 'rest', after: Math.ceil(left) };
  return await declareExpired(turn, request);
}

/**
 * The request as the cache shows it, or by a quorum read: where the cache has none, and where this process sees the
 * request for the first time. How long it may wait is then measured between the API server's own times; from there on a
 * clock counts that nobody can set.
 */
async function findRequest(turn: AnalysisTurn, name: string): Promise<CachedRequest | undefined> {
  const { client, requests, namespace, memory, clock, date, signal } = turn;
  const cached = requests.get(namespace, name);
  if (cached !== undefined) {
    const isKnown = memory.deadline?.request === cached.metadata.uid;
    if (isKnown || endOfRequest(cached) !== undefined) return cached;
  }
  const found = await lookUp<StoredRequest>(client, { kind: aiApprovalRequestKind, namespace, name }, signal);
  if (found === undefined) return undefined;
  const { metadata, spec } = found.answer;
  const left = expiryOf(spec) - (found.at ?? date().getTime());
  memory.deadline = { request: metadata.uid, at: clock.now() + Math.max(0, left) };
  return found.answer;
}

/**
 * Ends the request, unless somebody has decided meanwhile: the API server takes one of both writes, and refuses the
 * other. So a decision that was taken in time is never lost, whatever any clock says.
 */
async function declareExpired(turn: AnalysisTurn, request: CachedRequest): Promise<AnalysisStep> {
  const { client, namespace, date, analysis, memory, signal } = turn;
  const { name, resourceVersion, generation = 0 } = request.metadata;
  const stored: readonly Fields[] = request.status?.conditions ?? [];
  const message = `Nobody has decided within ${request.spec.timeout}`;
  const draft = { type: expiredCondition, status: 'True', reason: 'TimedOut', message } as const;
  try {
    const expired = await client.request<StoredRequest>({
      method: 'PATCH',
      path: resourcePath(aiApprovalRequestKind, { namespace, name, subresource: 'status' }),
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion },
        status: { conditions: mergeConditions([draft], stored, generation, date().toISOString()) },
      },
      signal,
    });
    const end = endOfRequest(expired) ?? { kind: 'Expired' };
    const step = await writeChange(turn, isRejected(end, request.spec.timeout, date().toISOString()));
    if (step.kind === 'goOn') turn.metrics.decided('Expired', 0);
    return step;
  } catch (error) {
    if (!isKubeStatus(error, 409) && !isKubeStatus(error, 404)) throw error;
    // It is no longer as the cache shows it: it is read, and judged anew.
    memory.deadline = undefined;
    return { kind: 'goOn', analysis };
  }
}
