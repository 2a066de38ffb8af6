import type { AIAnalysisStatus } from '../../api/ai-analysis.ts';
import { tooManySteps } from '../approval/stamp-workflow.ts';

/** What decides whether a person has to. */
export interface ApprovalNeedFacts {
  readonly stepCount: number;
  /** From 0 to 1; undefined where the analysis does not say. */
  readonly confidence: number | undefined;
  /** complexity-approval-threshold: strictly more steps need approval. */
  readonly complexityThreshold: number;
  /** confidence-approval-threshold: strictly less confidence needs approval. */
  readonly confidenceThreshold: number;
}

/**
 * Why a workflow must not start before a person has approved it, or undefined. An analysis that does not say how
 * confident it is counts as one that is not.
 */
export function needsApproval(facts: ApprovalNeedFacts): string | undefined {
  const { stepCount, confidence, complexityThreshold, confidenceThreshold } = facts;
  const reasons = [
    ...(stepCount > complexityThreshold ? [tooManySteps(stepCount, complexityThreshold)] : []),
    ...unsure(confidence, confidenceThreshold),
  ];
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function unsure(confidence: number | undefined, threshold: number): readonly string[] {
  if (threshold === 0) return [];
  if (confidence === undefined) return ['the analysis does not say how confident it is'];
  return confidence < threshold ? [`a confidence of ${confidence} is less than ${threshold}`] : [];
}

/**
 * How confident an analysis is, from 0 to 1: what it says of itself (`approvalContext.confidenceScore`, in percent where
 * it is more than 1), else the lowest probability that one of its recommendations is effective.
 */
export function confidenceOf(
  status: Pick<AIAnalysisStatus, 'approvalContext' | 'recommendations'> | undefined,
): number | undefined {
  const score = status?.approvalContext?.confidenceScore;
  if (score !== undefined) return score > 1 ? score / 100 : score;
  const probabilities = (status?.recommendations ?? []).map((each) => each.effectivenessProbability);
  const known = probabilities.filter((probability) => probability !== undefined);
  return known.length === 0 || known.length < probabilities.length ? undefined : Math.min(...known);
}
