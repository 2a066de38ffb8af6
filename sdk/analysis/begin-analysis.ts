import type { ApprovalContext } from '../../src/api/ai-analysis.ts';
import { aiAnalysisKind } from '../../src/api/names.ts';
import { confidenceOf, needsApproval } from '../../src/policy/analysis/needs-approval.ts';
import { remediationName } from '../../src/policy/analysis/remediation-name.ts';
import { asksForApproval, fails, needsNobody } from './analysis-change.ts';
import { type AnalysisStep, type AnalysisTurn, rest } from './analysis-turn.ts';
import { lookUp } from './create-once.ts';
import { decidingCommand } from './deciding-command.ts';
import { planRemediation } from './plan-remediation.ts';
import type { StoredAnalysis } from './stored-analysis.ts';
import { writeChange } from './write-change.ts';

/**
 * An analyser is done: decides what becomes of what it recommends, and writes that down before anything is created. From
 * then on the recommendations are frozen, so that whoever goes on after a crash creates the same.
 */
export async function beginAnalysis(turn: AnalysisTurn): Promise<AnalysisStep> {
  const { client, namespace, date, config, signal } = turn;
  const { name, uid } = turn.analysis.metadata;
  // The date of its answer is what a request for approval counts from: every replica of the webhook and every
  // controller reads it as it is written, whatever their own clocks say.
  const found = await lookUp<StoredAnalysis>(client, { kind: aiAnalysisKind, namespace, name }, signal);
  if (found === undefined || found.answer.metadata.uid !== uid) return rest;
  const analysis = found.answer;
  if (!isDone(analysis)) return rest;
  const fresh = { ...turn, analysis };
  const plan = planRemediation(analysis, turn.actions);
  if ('message' in plan)
    return await writeChange(fresh, fails(plan.reason, plan.message, date().toISOString()));
  const { complexityApprovalThreshold, confidenceApprovalThreshold } = config();
  const why = needsApproval({
    stepCount: plan.steps.length,
    confidence: confidenceOf(analysis.status),
    complexityThreshold: complexityApprovalThreshold,
    confidenceThreshold: confidenceApprovalThreshold,
  });
  if (why === undefined) return await writeChange(fresh, needsNobody());
  const request = remediationName(analysis.metadata);
  return await writeChange(
    fresh,
    asksForApproval({
      request,
      requestedAt: new Date(found.at ?? date().getTime()).toISOString(),
      why,
      context: approvalContext(analysis, why),
      command: decidingCommand(namespace, request),
    }),
  );
}

/** True when the analyser has nothing to add. */
export function isDone({ status }: StoredAnalysis): boolean {
  return status?.phase === 'analyzing' && (status.recommendations ?? []).length > 0;
}

/** What the analyser has written, and beside it what follows from the recommendations. */
function approvalContext({ status }: StoredAnalysis, why: string): ApprovalContext {
  const given = status?.approvalContext ?? {};
  const confidence = confidenceOf(status);
  const recommendedActions = (status?.recommendations ?? []).map(({ action, explanation }) => ({
    action,
    ...(explanation === undefined ? {} : { rationale: explanation }),
  }));
  return {
    ...(confidence === undefined
      ? {}
      : { confidenceScore: confidence, confidenceLevel: levelOf(confidence) }),
    recommendedActions,
    ...given,
    reason: given.reason ?? why,
    whyApprovalRequired: why,
  };
}

/** Source: kubernaut's AIAnalysis, which asks for approval from 0.6 to 0.8 and does not act below. */
function levelOf(confidence: number): string {
  if (confidence < 0.6) return 'low';
  return confidence < 0.8 ? 'medium' : 'high';
}
