import { kubernetesExecutionKind, workflowExecutionKind } from '../../src/api/names.ts';
import {
  isSettledExecutionPhase,
  isSettledWorkflowPhase,
  liveWorkflowFieldSelector,
} from '../../src/api/phase.ts';
import { objectKey } from '../../src/kube/kube-object.ts';
import type { Store } from '../../src/kube/store.ts';
import { createWorkflowMetrics, type WorkflowTotals } from '../../src/observability/workflow-metrics.ts';
import type { Controller, ControllerContext, ControllerSetup, Source } from '../controller/controller.ts';
import { workflowOf } from '../parallel/workflow-of.ts';
import { type CachedExecution, shrinkExecution } from './cached-execution.ts';
import { type CachedWorkflow, shrinkWorkflow } from './cached-workflow.ts';
import type { ReconcileMeans } from './reconcile-turn.ts';
import { reconcileWorkflow } from './reconcile-workflow.ts';
import { WorkflowMemory } from './workflow-memory.ts';

/** How workflows are run. */
export interface WorkflowControllerOptions {
  /**
   * True for an action that can undo itself. A step of such an action that has no `rollbackSpec` is rolled back by an
   * execution of the same action and parameters with the annotation `kubernaut.io/rollback-of`. Default: none can.
   */
  readonly hasRollback?: (action: string) => boolean;
  /** Workflows that are reconciled at the same time, default 16. */
  readonly concurrency?: number;
}

/** Executions that settle go before workflows that begin: who has a slot to give makes room first. */
const executionPriority = 1;

/**
 * The controller that runs WorkflowExecutions: it creates an execution for each step when its dependencies are completed
 * and a slot is free, and reports in the workflow's status. It does not run executions. Everything it does follows from
 * what the API server has stored, so that it can be killed at any moment, and others may create executions of the same
 * workflows beside it. `docs/workflows.md` says what it does when.
 *
 * @example
 * const manager = await createManager({ …, controllers: [workflowController()] });
 */
export function workflowController(options: WorkflowControllerOptions = {}): Controller {
  return {
    name: 'workflow',
    setup: (context) => setUp(context, options),
  };
}

function setUp(context: ControllerContext, options: WorkflowControllerOptions): ControllerSetup {
  const memories = new Map<string, WorkflowMemory>();
  const workflows: Store<CachedWorkflow> = context.cache<CachedWorkflow>({
    kind: workflowExecutionKind,
    fieldSelector: liveWorkflowFieldSelector,
    transform: (item) => shrinkWorkflow(item, workflows.get(item.metadata.namespace, item.metadata.name)),
  });
  const executions = context.cache<CachedExecution, 'workflow'>({
    kind: kubernetesExecutionKind,
    transform: shrinkExecution,
    indexes: { workflow: workflowKeys },
  });
  const means: ReconcileMeans = {
    client: context.client,
    executions,
    config: context.config,
    clock: context.clock,
    date: context.date,
    metrics: createWorkflowMetrics(context.metrics, () => totalsOf(memories, context)),
    hasRollback: options.hasRollback ?? (() => false),
  };

  const memoryOf = (item: CachedExecution): WorkflowMemory | undefined =>
    memories.get(workflowKeys(item)[0] ?? '');
  const unsubscribe = executions.subscribe({
    updated(item, before) {
      const memory = isSettled(item) && !isSettled(before) ? memoryOf(item) : undefined;
      memory?.slotFreed();
      memory?.settledAt.set(item.metadata.uid, context.date().toISOString());
    },
    removed(item) {
      const memory = memoryOf(item);
      memory?.slotFreed();
      memory?.departed.set(item.metadata.name, item);
    },
  });
  const unsubscribeConfig = context.onConfigChange(() => {
    for (const memory of memories.values()) memory.slotFreed();
    for (const { metadata } of workflows.list()) context.enqueue(objectKey(metadata));
  });

  return {
    sources: [workflowSource(), executionSource()],
    concurrency: options.concurrency ?? 16,
    async reconcile(key, signal) {
      const [namespace = '', name = ''] = key.split('/');
      const cached = workflows.get(namespace, name);
      if (cached === undefined) {
        memories.delete(key);
        return undefined;
      }
      const memory = remembered(key, cached);
      const workflow = memory.written.newest(cached);
      if (isOver(workflow)) {
        memory.counts = { active: 0, queued: 0, running: false };
        return undefined;
      }
      return await reconcileWorkflow({ ...means, namespace, name, workflow, memory, signal }, context.events);
    },
    async stop() {
      unsubscribe();
      unsubscribeConfig();
    },
  };

  /** What is remembered of a workflow means nothing to another one of the same name. */
  function remembered(key: string, { metadata }: CachedWorkflow): WorkflowMemory {
    const known = memories.get(key);
    if (known?.uid === metadata.uid) return known;
    const memory = new WorkflowMemory(metadata.uid, context.random);
    memories.set(key, memory);
    return memory;
  }

  function workflowSource(): Source<CachedWorkflow> {
    return {
      store: workflows,
      keysOf: ({ metadata }) => [objectKey(metadata)],
      predicate: ({ after }) =>
        after === undefined || memories.get(objectKey(after.metadata))?.written.shown(after) !== true,
    };
  }

  function executionSource(): Source<CachedExecution> {
    return {
      store: executions,
      keysOf: workflowKeys,
      predicate: ({ before, after }) =>
        before === undefined ||
        after === undefined ||
        isSettled(before) !== isSettled(after) ||
        (isSettled(after) && before.status?.phase !== after.status?.phase),
      priority: executionPriority,
    };
  }
}

/** `namespace/name` of the workflow that an execution belongs to; none where it names none. */
function workflowKeys(item: CachedExecution): readonly string[] {
  const name = workflowOf(item);
  return name === undefined ? [] : [`${item.metadata.namespace ?? ''}/${name}`];
}

function isSettled({ status }: CachedExecution): boolean {
  return typeof status?.phase === 'string' && isSettledExecutionPhase(status.phase);
}

/** Nothing is started, and nothing written, for a workflow that has settled or is being deleted. */
function isOver({ metadata, status }: CachedWorkflow): boolean {
  if (metadata.deletionTimestamp !== undefined) return true;
  const phase: unknown =
    typeof status === 'object' && status !== null ? Reflect.get(status, 'phase') : undefined;
  return typeof phase === 'string' && isSettledWorkflowPhase(phase);
}

function totalsOf(
  memories: ReadonlyMap<string, WorkflowMemory>,
  { config }: Pick<ControllerContext, 'config'>,
): WorkflowTotals {
  const totals = { active: 0, queued: 0, running: 0 };
  for (const { counts } of memories.values()) {
    totals.active += counts.active;
    totals.queued += counts.queued;
    totals.running += counts.running ? 1 : 0;
  }
  return { ...totals, limit: config().maxParallelSteps };
}
