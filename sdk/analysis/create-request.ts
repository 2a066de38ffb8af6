import { aiApprovalRequestKind } from '../../src/api/names.ts';
import { approvalRequest } from '../../src/policy/analysis/approval-request.ts';
import { expiryOf } from '../../src/policy/analysis/request-expiry.ts';
import { durationText } from '../parallel/duration-text.ts';
import { failsUnapproved } from './analysis-change.ts';
import type { AnalysisStep, AnalysisTurn } from './analysis-turn.ts';
import { createOnce } from './create-once.ts';
import { planRemediation } from './plan-remediation.ts';
import type { StoredRequest } from './stored-analysis.ts';
import { writeChange } from './write-change.ts';

/** Creates the request that the status names. */
export async function createRequest(turn: AnalysisTurn, name: string): Promise<AnalysisStep> {
  const { client, namespace, analysis, actions, config, clock, date, memory, metrics, signal } = turn;
  const { metadata, spec = {}, status } = analysis;
  const { uid } = metadata;
  const fail = (reason: string, message: string): Promise<AnalysisStep> =>
    writeChange(turn, failsUnapproved(reason, message, date().toISOString()));
  const workflow = planRemediation(analysis, actions);
  if ('message' in workflow) return await fail(workflow.reason, workflow.message);
  const body = approvalRequest({
    analysis: {
      metadata: { name: metadata.name, uid, namespace },
      spec,
      ...(status === undefined ? {} : { status }),
    },
    workflow,
    reason: (status?.approvalContext?.whyApprovalRequired ?? 'it was asked for').slice(0, longestReason),
    requestedAt: status?.approvalRequestedAt ?? date().toISOString(),
    timeout: durationText(config().approvalTimeoutMilliseconds),
    ...(turn.reviewer === undefined ? {} : { reviewer: turn.reviewer }),
  });
  const planned = { kind: aiApprovalRequestKind, namespace, name, body, analysis: metadata };
  const outcome = await createOnce<StoredRequest>(client, planned, signal);
  if (outcome.kind === 'refused') return await fail('RequestRefused', outcome.message);
  if (outcome.kind === 'created') {
    metrics.requested();
    const { metadata: made, spec: asked } = outcome.answer;
    const left = expiryOf(asked) - (outcome.at ?? date().getTime());
    memory.deadline = { request: made.uid, at: clock.now() + Math.max(0, left) };
    return { kind: 'rest', after: Math.max(1, Math.ceil(left)) };
  }
  return { kind: 'goOn', analysis };
}

/** A bound of the request's schema. */
const longestReason = 1_024;
