import {
  type RecommendedWorkflow,
  recommendedWorkflow,
} from '../../src/policy/analysis/recommended-workflow.ts';
import type { RecommendedActions } from './recommended-actions.ts';
import type { StoredAnalysis } from './stored-analysis.ts';

/** Why nothing can become of an analysis. */
export interface Unworkable {
  /** Of the first cause, for a condition. */
  readonly reason: string;
  readonly message: string;
}

/** A message that lists everything helps nobody. */
const causesShown = 10;

/** The workflow that an analysis recommends, if the actions there are can do it. */
export function planRemediation(
  { spec = {}, status }: StoredAnalysis,
  actions: RecommendedActions,
): RecommendedWorkflow | Unworkable {
  const takesNamespace = (action: string): boolean => actions.takesNamespace(action);
  const plan = recommendedWorkflow({ analysis: { spec, status }, takesNamespace });
  const causes = 'causes' in plan ? plan.causes : actions.faultsOf(plan.steps);
  const [first] = causes;
  if (first === undefined && !('causes' in plan)) return plan;
  const more = causes.length - causesShown;
  const messages = causes.slice(0, causesShown).map(({ message }) => message);
  return {
    reason: first?.reason ?? 'NothingRecommended',
    message: [...messages, ...(more > 0 ? [`And ${more} more faults.`] : [])].join(' '),
  };
}
