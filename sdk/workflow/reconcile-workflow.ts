import type { EventRecorder } from '../../src/kube/events.ts';
import type { ReconcileResult } from '../controller/controller.ts';
import { createExecution } from './create-execution.ts';
import { expectationLifetime, findLostExecutions } from './find-lost-executions.ts';
import type { PlanFacts } from './plan-facts.ts';
import { planWorkflow, type PlannedCreate, type WorkflowPlan } from './plan-workflow.ts';
import { factsOfTurn, type ReconcileTurn } from './reconcile-turn.ts';
import { statusOfPlan } from './status-of-plan.ts';
import { workflowEvents } from './workflow-events.ts';
import { writeStatus } from './write-status.ts';

/** What others wrote shows in the cache within moments; where it does not, the work is done again. Milliseconds. */
const conflictMilliseconds = 250;

/**
 * Brings a workflow on: plans, creates what the plan says, plans again from what came of it, and writes the status
 * once, if anything in it has changed; soon, if that is only how far its steps are. All executions of one plan are
 * created at the same time: they are never more than there are slots.
 *
 * @throws what a create failed with that nobody is to blame for, or the write of the status, so that it is tried again
 */
export async function reconcileWorkflow(
  turn: ReconcileTurn,
  events: Pick<EventRecorder, 'record'>,
): Promise<ReconcileResult | undefined> {
  const { memory } = turn;
  await findLostExecutions(turn);
  const { plan, facts, errors } = await carryOut(turn);
  noteQueued(turn, plan);
  memory.troubles = errors.length === 0 ? 0 : memory.troubles + 1;
  const status = statusOfPlan(plan, facts);
  if (status !== undefined) {
    const due = mayWait(plan, facts, errors) ? memory.statusDue(turn.clock.now(), plan.steps.length) : 0;
    if (due > 0) return nextLook(turn, due);
    const outcome = await writeStatus(turn, status);
    if (outcome === 'gone') return undefined;
    if (outcome === 'conflict') return { after: conflictMilliseconds };
    for (const event of workflowEvents(turn.workflow, plan, facts)) events.record(event);
    noteSettled(turn, plan);
  }
  memory.statusSaid();
  for (const { name, uid, settled, departed } of facts.executions) {
    if (departed && memory.departed.get(name)?.metadata.uid === uid) memory.departed.delete(name);
    if (settled) memory.settledAt.delete(uid);
  }
  if (errors.length > 0) throw errors[0];
  return nextLook(turn);
}

/** How far the steps are may: another phase is told at once, and so is that creates fail. */
function mayWait(plan: WorkflowPlan, { status }: PlanFacts, errors: readonly unknown[]): boolean {
  const goesOn = plan.phase === 'executing' || plan.phase === 'paused';
  return errors.length === 0 && goesOn && plan.phase === status.phase;
}

interface CarriedOut {
  /** The plan after everything was created that could be. */
  readonly plan: WorkflowPlan;
  readonly facts: PlanFacts;
  readonly errors: readonly unknown[];
}

/** Until a plan wants nothing that was not tried: what is refused or skipped makes room for others. */
async function carryOut(turn: ReconcileTurn): Promise<CarriedOut> {
  const tried = new Set<string>();
  const errors: unknown[] = [];
  for (;;) {
    const facts = factsOfTurn(turn);
    const plan = planWorkflow(facts);
    const lost = plan.lost.filter((name) => !tried.has(name));
    const creates = plan.creates.filter(({ name }) => !tried.has(name));
    if (lost.length === 0 && (creates.length === 0 || errors.length > 0)) return { plan, facts, errors };
    for (const name of [...lost, ...creates.map((create) => create.name)]) tried.add(name);
    if (lost.length > 0) await findLostExecutions(turn, lost);
    else errors.push(...(await createAll(turn, creates)));
  }
}

async function createAll(
  turn: ReconcileTurn,
  creates: readonly PlannedCreate[],
): Promise<readonly unknown[]> {
  const outcomes = await Promise.all(creates.map((create) => createExecution(turn, create)));
  return outcomes.filter((error) => error !== undefined);
}

/** How long each step has been waiting; told when it has its execution. */
function noteQueued({ memory, clock, metrics }: ReconcileTurn, plan: WorkflowPlan): void {
  const now = clock.now();
  const waiting = new Map<string, number>();
  for (const { step, phase, execution } of plan.steps) {
    const key = String(step.stepNumber);
    const since = memory.queuedSince.get(key);
    if (phase === 'queued') waiting.set(key, since ?? now);
    else if (execution !== undefined && since !== undefined) metrics.waited((now - since) / 1_000);
  }
  memory.queuedSince = waiting;
  const running = plan.phase === 'executing' || plan.phase === 'rolling_back';
  memory.counts = { active: plan.activeSteps, queued: plan.queuedSteps, running };
}

function noteSettled({ metrics }: ReconcileTurn, plan: WorkflowPlan): void {
  for (const { record, phase, startTime, completionTime, execution } of plan.steps) {
    const settled = phase === 'completed' || phase === 'failed' || phase === 'rollback_ready';
    if (!settled || record?.phase === phase || execution === undefined) continue;
    if (startTime === undefined || completionTime === undefined) continue;
    metrics.executed(Math.max(0, Date.parse(completionTime) - Date.parse(startTime)) / 1_000);
  }
}

/** @param due milliseconds until a status that waits is to be written */
function nextLook({ memory, clock }: ReconcileTurn, due?: number): ReconcileResult | undefined {
  const looks = [
    due,
    memory.nextLook(clock.now()),
    memory.expectations.size > 0 ? expectationLifetime : undefined,
  ].filter((after) => after !== undefined);
  return looks.length === 0 ? undefined : { after: Math.min(...looks) };
}
