import type { AIAnalysis, AIAnalysisStatus, Recommendation } from '../../src/api/ai-analysis.ts';
import { aiAnalysisKind } from '../../src/api/names.ts';

/** That many recommendations, each of which needs the one before it. */
export function makeRecommendations(count: number): Recommendation[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `fix-${index + 1}`,
    action: 'scale_deployment',
    parameters: { deployment: `shop-${index + 1}`, replicas: 3 },
    effectivenessProbability: 0.9,
    ...(index > 0 && { dependencies: [`fix-${index}`] }),
  }));
}

/** An analysis; its status is written apart from it. */
export function makeAnalysis(
  name: string,
  status: AIAnalysisStatus = {},
  spec: AIAnalysis['spec'] = {},
): AIAnalysis {
  const { group, version, kind } = aiAnalysisKind;
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec, status };
}
