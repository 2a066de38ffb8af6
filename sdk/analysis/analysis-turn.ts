import type { AIApprovalRequestSpec } from '../../src/api/ai-approval-request.ts';
import type { Config } from '../../src/config/config.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import type { Store } from '../../src/kube/store.ts';
import type { AnalysisMetrics } from '../../src/observability/analysis-metrics.ts';
import type { AnalysisMemory } from './analysis-memory.ts';
import type { RecommendedActions } from './recommended-actions.ts';
import type { CachedRequest, StoredAnalysis } from './stored-analysis.ts';

/** What every reconcile has at hand. */
export interface AnalysisMeans {
  readonly client: KubeClient;
  readonly requests: Store<CachedRequest>;
  /** Those that have not settled. */
  readonly workflows: Store<KubeObject>;
  readonly actions: RecommendedActions;
  readonly reviewer: AIApprovalRequestSpec['reviewer'];
  readonly config: () => Config;
  readonly clock: Clock;
  readonly date: () => Date;
  readonly metrics: AnalysisMetrics;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** One look at one analysis. */
export interface AnalysisTurn extends AnalysisMeans {
  readonly namespace: string;
  readonly analysis: StoredAnalysis;
  readonly memory: AnalysisMemory;
  readonly signal: AbortSignal;
}

/** What a look has come to. */
export type AnalysisStep =
  /** Something was done: look again, at the analysis as it is now. */
  | { readonly kind: 'goOn'; readonly analysis: StoredAnalysis }
  /** Nothing more can be done until something changes, or until so many milliseconds have passed. */
  | { readonly kind: 'rest'; readonly after?: number };

export const rest: AnalysisStep = { kind: 'rest' };
