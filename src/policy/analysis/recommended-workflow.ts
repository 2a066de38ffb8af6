import type { AIAnalysis, Recommendation } from '../../api/ai-analysis.ts';
import { normaliseWorkflow, type NormalisedStep } from '../../api/normalised-workflow.ts';
import type { PlanStep, WorkflowExecutionSpec } from '../../api/workflow-execution.ts';
import { inexactness } from '../approval/canonical-json.ts';
import { specHash } from '../approval/spec-hash.ts';
import type { Cause } from '../verdict.ts';
import { checkGraph } from '../workflow-graph.ts';

/** The most recommendations that become a workflow: nobody can judge more of them. */
export const maxRecommendations = 100;

/** What an analysis is turned into steps with. */
export interface RecommendedWorkflowFacts {
  readonly analysis: Pick<AIAnalysis, 'spec' | 'status'>;
  /** Whether an action takes a parameter `namespace`. */
  readonly takesNamespace: (action: string) => boolean;
}

/** The workflow that an analysis recommends. */
export interface RecommendedWorkflow {
  readonly spec: WorkflowExecutionSpec;
  /** `sha256:…`: what an approval of this spec is bound to. */
  readonly specHash: string;
  readonly steps: readonly NormalisedStep[];
}

/** Why no workflow can be made of an analysis: one cause or more, with the field of each. */
export interface UnusableRecommendations {
  readonly causes: readonly Cause[];
}

const field = 'status.recommendations';

/**
 * The workflow of an analysis: a step for each recommendation, numbered in their order, named by its id. An action that
 * takes a `namespace` and is given none works on the analysis's `targetNamespace`. Whether there are such actions, and
 * whether their parameters fit, is for a registry of actions to say.
 */
export function recommendedWorkflow({
  analysis,
  takesNamespace,
}: RecommendedWorkflowFacts): RecommendedWorkflow | UnusableRecommendations {
  const { targetNamespace, serviceAccountName } = analysis.spec;
  const recommendations = analysis.status?.recommendations ?? [];
  const number = refusedNumber(recommendations.length);
  if (number !== undefined) return { causes: [number] };
  const numbers = new Map(recommendations.map(({ id }, index) => [id, index + 1]));
  const named = [...doubledIds(recommendations), ...unknownIds(recommendations, numbers)];
  if (named.length > 0) return { causes: named };
  const steps = recommendations.map((recommendation, index): PlanStep => {
    const { id, action, dependencies = [] } = recommendation;
    const parameters = { ...recommendation.parameters };
    if (targetNamespace && parameters['namespace'] === undefined && takesNamespace(action)) {
      parameters['namespace'] = targetNamespace;
    }
    const needed = [...new Set(dependencies)].map((dependency) => String(numbers.get(dependency)));
    return {
      stepNumber: index + 1,
      name: id,
      action,
      ...(Object.keys(parameters).length > 0 && { parameters }),
      ...(needed.length > 0 && { dependencies: needed }),
    };
  });
  const spec: WorkflowExecutionSpec = { steps, ...(serviceAccountName && { serviceAccountName }) };
  const inexact = inexactness(spec);
  if (inexact !== undefined) {
    const message = `What is recommended cannot be read exactly: ${inexact}.`;
    return { causes: [{ reason: 'SpecUnreadable', field, message }] };
  }
  const normalised = normaliseWorkflow(spec).steps;
  const refusal = checkGraph(normalised, { steps: field, dependencies: 'dependencies' });
  if (refusal !== undefined) return { causes: refusal.causes };
  return { spec, specHash: specHash(spec), steps: normalised };
}

function refusedNumber(count: number): Cause | undefined {
  if (count === 0) {
    return { reason: 'NothingRecommended', field, message: 'The analysis recommends nothing.' };
  }
  if (count <= maxRecommendations) return undefined;
  const message = `The analysis has ${count} recommendations; at most ${maxRecommendations} become a workflow.`;
  return { reason: 'TooManyRecommendations', field, message };
}

function* doubledIds(recommendations: readonly Recommendation[]): Generator<Cause> {
  const seen = new Set<string>();
  for (const [index, { id }] of recommendations.entries()) {
    const message = `Two recommendations have the id ${JSON.stringify(id)}.`;
    if (seen.has(id)) yield { reason: 'RecommendationDuplicate', field: `${field}[${index}].id`, message };
    seen.add(id);
  }
}

function* unknownIds(
  recommendations: readonly Recommendation[],
  numbers: ReadonlyMap<string, number>,
): Generator<Cause> {
  for (const [index, { id, dependencies = [] }] of recommendations.entries()) {
    for (const dependency of dependencies.filter((each) => !numbers.has(each))) {
      const message = `Recommendation ${JSON.stringify(id)} depends on ${JSON.stringify(dependency)}, which does not exist.`;
      yield { reason: 'DependencyUnknown', field: `${field}[${index}].dependencies`, message };
    }
  }
}
