import type { AIApprovalRequestSpec } from '../../src/api/ai-approval-request.ts';
import { aiAnalysisKind, aiApprovalRequestKind, workflowExecutionKind } from '../../src/api/names.ts';
import { isFinalAnalysisPhase, liveWorkflowFieldSelector } from '../../src/api/phase.ts';
import { type KubeObject, objectKey } from '../../src/kube/kube-object.ts';
import { createAnalysisMetrics } from '../../src/observability/analysis-metrics.ts';
import { type ActionRegistry, createActionRegistry } from '../../src/plugin/action-registry.ts';
import type { Plugin } from '../../src/plugin/plugin.ts';
import { builtInActions } from '../actions/built-in-actions.ts';
import type { Controller, ControllerContext, ControllerSetup } from '../controller/controller.ts';
import { ownerKeys, ownKey } from '../controller/owner-keys.ts';
import { AnalysisMemory } from './analysis-memory.ts';
import type { AnalysisMeans } from './analysis-turn.ts';
import { recommendedActions } from './recommended-actions.ts';
import { reconcileAnalysis } from './reconcile-analysis.ts';
import {
  type CachedRequest,
  liveAnalysisFieldSelector,
  shrinkOwned,
  shrinkRequest,
  type StoredAnalysis,
} from './stored-analysis.ts';

/** How analyses are acted upon. */
export interface AnalysisControllerOptions {
  /** Actions beside the built-in ones. */
  readonly plugins?: readonly Plugin[];
  /**
   * What becomes of an analysis that recommends an action which nobody here has. `fail`, the default: it fails with a
   * message that names the known ones. `ignore`: another controller may have it.
   */
  readonly unknownActions?: 'fail' | 'ignore';
  /** Who alone may decide, of those with the rights to; default: all of them. */
  readonly reviewer?: { readonly users?: readonly string[]; readonly groups?: readonly string[] };
  /** Analyses that are reconciled at the same time, default 8. */
  readonly concurrency?: number;
}

/** What waits for a person goes on before what begins. */
const decisionPriority = 1;

/**
 * The controller that acts upon AIAnalyses: it turns what one recommends into a workflow, asks a person by an
 * AIApprovalRequest where the workflow is large or the analysis unsure, creates the workflow once it may run, and reports
 * how it ended. It neither analyses nor decides. It can be killed at any moment. Where the cluster does not have these
 * kinds it waits for them. `docs/analysis.md` says what it does when.
 *
 * @example createManager({ kubeConfig, controllers: [analysisController(), workflowController(), executionController()] })
 * @throws PluginError `PluginDuplicate` where two plugins have an action of one name
 */
export function analysisController(options: AnalysisControllerOptions = {}): Controller {
  const registry = createActionRegistry([builtInActions, ...(options.plugins ?? [])]);
  return { name: 'analysis', setup: (context) => setUp(context, options, registry) };
}

function setUp(
  context: ControllerContext,
  options: AnalysisControllerOptions,
  registry: ActionRegistry,
): ControllerSetup {
  const memories = new Map<string, AnalysisMemory>();
  const analyses = context.cache<StoredAnalysis>({
    kind: aiAnalysisKind,
    fieldSelector: liveAnalysisFieldSelector,
    optional: true,
  });
  const requests = context.cache<CachedRequest>({
    kind: aiApprovalRequestKind,
    optional: true,
    transform: shrinkRequest,
  });
  const workflows = context.cache<KubeObject>({
    kind: workflowExecutionKind,
    fieldSelector: liveWorkflowFieldSelector,
    transform: shrinkOwned,
  });
  const means: AnalysisMeans = {
    client: context.client,
    requests,
    workflows,
    actions: recommendedActions(registry, options.unknownActions ?? 'fail'),
    reviewer: reviewerOf(options.reviewer),
    config: context.config,
    clock: context.clock,
    date: context.date,
    metrics: createAnalysisMetrics(context.metrics),
    events: context.events,
  };
  const ownersKey = ownerKeys(aiAnalysisKind);

  return {
    sources: [
      {
        store: analyses,
        keysOf: ownKey,
        predicate: ({ after }: { readonly after: StoredAnalysis | undefined }) =>
          after === undefined || memories.get(objectKey(after.metadata))?.written.shown(after) !== true,
      },
      { store: requests, keysOf: ownersKey, priority: decisionPriority },
      {
        store: workflows,
        keysOf: ownersKey,
        // It begins and it settles, or is gone: what is between is the workflow's own.
        predicate: ({ before, after }) => before === undefined || after === undefined,
      },
    ],
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    async reconcile(key, signal) {
      const [namespace = '', name = ''] = key.split('/');
      const cached = analyses.get(namespace, name);
      if (cached === undefined) {
        memories.delete(key);
        return undefined;
      }
      const memory = remembered(key, cached);
      const analysis = memory.written.newest(cached);
      const { deletionTimestamp } = analysis.metadata;
      if (deletionTimestamp !== undefined || isFinalAnalysisPhase(analysis.status?.phase)) return undefined;
      return await reconcileAnalysis({ ...means, namespace, analysis, memory, signal });
    },
  };

  /** What is remembered of an analysis means nothing to another one of the same name. */
  function remembered(key: string, { metadata }: StoredAnalysis): AnalysisMemory {
    const known = memories.get(key);
    if (known?.uid === metadata.uid) return known;
    const memory = new AnalysisMemory(metadata.uid);
    memories.set(key, memory);
    return memory;
  }
}

/** Undefined where nobody is named: then there is nothing to show. */
function reviewerOf({
  users = [],
  groups = [],
}: NonNullable<AnalysisControllerOptions['reviewer']> = {}): AIApprovalRequestSpec['reviewer'] {
  if (users.length + groups.length === 0) return undefined;
  return {
    ...(users.length === 0 ? {} : { users: [...users] }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
  };
}
