import type { Config } from '../../src/config/config.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { Store } from '../../src/kube/store.ts';
import { approvalHint, approvalToken, type CachedWorkflow } from './cached-workflow.ts';
import type { CachedExecution } from './cached-execution.ts';
import { observe } from './observed-execution.ts';
import type { GateAnswer, PlanFacts } from './plan-facts.ts';
import { readStatus } from './recorded-status.ts';
import type { WorkflowMemory } from './workflow-memory.ts';
import type { WorkflowMetrics } from '../../src/observability/workflow-metrics.ts';

/** What every reconcile of a controller has at hand. */
export interface ReconcileMeans {
  readonly client: KubeClient;
  readonly executions: Store<CachedExecution, 'workflow'>;
  readonly config: () => Config;
  readonly clock: Clock;
  readonly date: () => Date;
  readonly metrics: WorkflowMetrics;
  readonly hasRollback: (action: string) => boolean;
}

/** One reconcile of one workflow. */
export interface ReconcileTurn extends ReconcileMeans {
  readonly namespace: string;
  readonly name: string;
  readonly workflow: CachedWorkflow;
  readonly memory: WorkflowMemory;
  readonly signal: AbortSignal;
}

/** So often in a row may creates fail before the status says so: a blip is worth no write. */
const quietTroubles = 2;

/** All that is known of the workflow now. */
export function factsOfTurn(turn: ReconcileTurn): PlanFacts {
  const { workflow, memory, config, clock } = turn;
  const { metadata } = workflow;
  const { steps, invalid, paused } = workflow.read;
  memory.sees(workflow);
  const { maxParallelSteps, complexityApprovalThreshold } = config();
  const now = clock.now();
  return {
    workflow: {
      name: metadata.name,
      uid: metadata.uid,
      generation: metadata.generation ?? 0,
      createdAt: metadata.creationTimestamp,
      paused,
      steps,
      invalid,
      mayNeedApproval: approvalHint(workflow, complexityApprovalThreshold) !== 'none',
    },
    status: readStatus(workflow.status),
    executions: executionsOf(turn),
    gone: memory.gone,
    limit: maxParallelSteps,
    gate: gateOf(turn, now),
    obstacles: memory.obstacles(now),
    slotsTaken: memory.slotsTaken(now),
    trouble: memory.troubles > quietTroubles ? 'executions cannot be created just now' : undefined,
    hasRollback: turn.hasRollback,
    now: turn.date().toISOString(),
  };
}

/** The state of the workflow that an answer of the gate holds for. */
export function gateToken({ workflow, config }: Pick<ReconcileTurn, 'workflow' | 'config'>): string {
  const { complexityApprovalThreshold, enforcement } = config();
  return approvalToken(workflow, complexityApprovalThreshold, enforcement);
}

/** What was created last is newer than what the cache shows under the same name. */
function executionsOf({ namespace, name, executions, memory }: ReconcileTurn): PlanFacts['executions'] {
  const present = new Map<string, CachedExecution>();
  for (const item of executions.byIndex('workflow', `${namespace}/${name}`))
    present.set(item.metadata.name, item);
  for (const [each, { execution }] of memory.expectations) present.set(each, execution);
  return [
    ...[...present.values()].map((item) =>
      observe(item, { settledAt: memory.settledAt.get(item.metadata.uid) }),
    ),
    ...[...memory.departed.values()].map((item) =>
      observe(item, { departed: true, settledAt: memory.settledAt.get(item.metadata.uid) }),
    ),
  ];
}

function gateOf(turn: ReconcileTurn, now: number): GateAnswer {
  const { memory } = turn;
  const { gate } = memory;
  if (gate === undefined) return { kind: 'open' };
  const holds = gate.askAgainAt === undefined || gate.askAgainAt > now;
  if (holds && gate.token === gateToken(turn)) return gate.answer;
  // It is asked by the next create; where there is none, nobody need look again.
  memory.gate = undefined;
  return { kind: 'open' };
}
