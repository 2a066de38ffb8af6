import type { NormalisedStep } from '../../src/api/normalised-workflow.ts';
import type { RollbackPhase, StepPhase } from '../../src/api/phase.ts';
import { executionName } from '../parallel/execution-name.ts';
import { judgeExecution } from './judge-execution.ts';
import type { ObservedExecution } from './observed-execution.ts';
import type { PlanFacts } from './plan-facts.ts';
import type { RecordedStep } from './recorded-status.ts';
import { hasFailed, type StepState } from './step-state.ts';

/** Phases that stay when the execution is gone: what was done is done. */
const kept: ReadonlySet<StepPhase> = new Set(['completed', 'failed', 'rollback_ready', 'rolled_back']);

/** A step by itself, before anybody has asked for its dependencies. */
type LoneState = Omit<StepState, 'ready'>;

/**
 * How far each step of the spec is, in the order of the spec, whatever slots there are: by its execution where there is
 * one, else by what was recorded, else by its dependencies. A step that depends on a failed one is skipped.
 */
export function stepStates(
  facts: PlanFacts,
  executions: ReadonlyMap<string, ObservedExecution>,
): readonly StepState[] {
  const lone = new Map(
    facts.workflow.steps.map((step) => [step.stepNumber, loneState(step, facts, executions)] as const),
  );
  const states = new Map<number, StepState>();
  for (const stepNumber of inDependencyOrder(facts.workflow.steps)) {
    const state = lone.get(stepNumber);
    if (state !== undefined) states.set(stepNumber, withDependencies(state, states));
  }
  return facts.workflow.steps.flatMap(({ stepNumber }) => states.get(stepNumber) ?? []);
}

/** Step numbers, each after those that it depends on. Of a circle, which no checked graph has, some come too early. */
export function inDependencyOrder(steps: readonly NormalisedStep[]): readonly number[] {
  const byNumber = new Map(steps.map((step) => [step.stepNumber, step]));
  const entered = new Set<number>();
  const order: number[] = [];
  for (const { stepNumber } of steps) {
    // No recursion: a chain may be a thousand steps long.
    const path: { readonly number: number; readonly dependencies: readonly number[]; next: number }[] = [];
    const enter = (number: number): void => {
      const step = byNumber.get(number);
      if (step === undefined || entered.has(number)) return;
      entered.add(number);
      path.push({ number, dependencies: step.dependencies, next: 0 });
    };
    enter(stepNumber);
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const next = here.dependencies[here.next];
      here.next += 1;
      if (next !== undefined) enter(next);
      else {
        path.pop();
        order.push(here.number);
      }
    }
  }
  return order;
}

function loneState(
  step: NormalisedStep,
  facts: PlanFacts,
  executions: ReadonlyMap<string, ObservedExecution>,
): LoneState {
  const record = facts.status.steps.get(step.stepNumber);
  const rollback = rollbackState(step, record, facts, executions);
  const state = stateItself(step, record, rollback.phase, facts, executions);
  return rollback.message === undefined ? state : { ...state, message: rollback.message };
}

function stateItself(
  step: NormalisedStep,
  record: RecordedStep | undefined,
  rollback: RollbackPhase | undefined,
  facts: PlanFacts,
  executions: ReadonlyMap<string, ObservedExecution>,
): LoneState {
  const base = recordedState(step, record, rollback);
  const name = base.execution ?? executionName(facts.workflow.name, step.stepNumber);
  const found = executions.get(name);
  const kinship = found && judgeExecution(found, step.stepNumber, facts.workflow, { purpose: 'step' });
  // What is deleted is in nobody's way.
  const execution = found?.departed === true && kinship !== 'own' ? undefined : found;
  if (execution !== undefined && kinship === 'own') return seenState(base, execution, facts);
  if (record?.phase !== undefined && kept.has(record.phase))
    return { ...base, phase: rolledBack(base, record.phase) };
  if (execution !== undefined && kinship === 'other') return failed(base, facts, otherStep(execution, step));
  if (execution !== undefined && kinship === 'earlier')
    return {
      ...base,
      execution: undefined,
      blocked: { reason: 'EarlierExecution', message: earlierExecution(execution) },
    };
  if (record?.execution !== undefined) return unseenState(base, record.execution, facts);
  const obstacle = facts.obstacles.get(name);
  if (obstacle?.kind === 'refused') return failed(base, facts, obstacle.message);
  return { ...base, blocked: obstacle && { reason: obstacle.reason, message: obstacle.message } };
}

function recordedState(
  step: NormalisedStep,
  record: RecordedStep | undefined,
  rollback: RollbackPhase | undefined,
): LoneState {
  return {
    step,
    record,
    phase: 'pending',
    execution: record?.execution,
    startTime: record?.startTime,
    completionTime: record?.completionTime,
    attempts: record?.attempts,
    message: record?.message,
    rollback,
    blocked: undefined,
    lost: undefined,
  };
}

function seenState(base: LoneState, execution: ObservedExecution, facts: PlanFacts): LoneState {
  const seen = {
    ...base,
    execution: execution.name,
    startTime: base.startTime ?? execution.createdAt ?? facts.now,
    attempts: execution.attempts ?? base.attempts,
  };
  if (!execution.settled)
    return execution.departed
      ? failed(seen, facts, deletedMessage(execution.name))
      : { ...seen, phase: 'active', completionTime: undefined, message: undefined };
  const phase = settledPhase(execution);
  const done = base.record?.phase === phase || base.record?.phase === 'rolled_back';
  return {
    ...seen,
    phase: rolledBack(base, phase),
    completionTime: (done ? base.completionTime : undefined) ?? execution.completedAt ?? facts.now,
    message:
      phase === 'completed' ? undefined : (execution.message ?? `Execution ${execution.name} has failed`),
  };
}

/** What was undone is neither failed nor completed any more. */
function rolledBack({ rollback }: LoneState, phase: StepPhase): StepPhase {
  return rollback === 'completed' ? 'rolled_back' : phase;
}

function settledPhase({ phase }: ObservedExecution): StepPhase {
  return phase === 'completed' || phase === 'rollback_ready' ? phase : 'failed';
}

/** The status says that an execution was there. What became of it must be known before anything goes on. */
function unseenState(base: LoneState, execution: string, facts: PlanFacts): LoneState {
  if (facts.gone.has(execution)) return failed(base, facts, deletedMessage(execution));
  return { ...base, phase: 'active', lost: execution };
}

function failed(base: LoneState, { now }: PlanFacts, message: string): LoneState {
  return { ...base, phase: 'failed', completionTime: base.completionTime ?? now, message };
}

interface RollbackState {
  readonly phase: RollbackPhase | undefined;
  /** Why it has failed. */
  readonly message?: string | undefined;
}

function rollbackState(
  step: NormalisedStep,
  record: RecordedStep | undefined,
  { workflow, gone, obstacles }: PlanFacts,
  executions: ReadonlyMap<string, ObservedExecution>,
): RollbackState {
  const name = executionName(workflow.name, step.stepNumber, 'rollback');
  const execution = executions.get(name);
  const failed = (why: string): RollbackState => ({
    phase: 'failed',
    message: `Its rollback has failed: ${why}`,
  });
  const undoes = record?.execution ?? executionName(workflow.name, step.stepNumber);
  const expected = { purpose: 'rollback', undoes, hasSpec: step.rollback !== undefined } as const;
  const kinship = execution && judgeExecution(execution, step.stepNumber, workflow, expected);
  // Where nothing is undone yet it is in nobody's way; the create finds it there.
  if (kinship === 'other' && execution?.departed === false && record?.rollback !== undefined)
    return failed(`execution ${name} exists and is not the one that undoes ${undoes}`);
  if (execution !== undefined && kinship === 'own') {
    if (execution.settled && execution.phase === 'completed') return { phase: 'completed' };
    if (execution.settled) return failed(execution.message ?? `execution ${name}`);
    return execution.departed ? failed(deletedMessage(name)) : { phase: 'active' };
  }
  const phase = record?.rollback;
  if (phase === 'failed') return { phase, message: record?.message };
  // It was there, and nobody has seen how it ended.
  if (phase === 'active' && gone.has(name)) return failed(deletedMessage(name));
  const obstacle = obstacles.get(name);
  return obstacle?.kind === 'refused' ? failed(obstacle.message) : { phase };
}

function withDependencies(state: LoneState, states: ReadonlyMap<number, StepState>): StepState {
  const undecided = state.phase === 'pending';
  if (!undecided) return { ...state, ready: false };
  const dependencies = state.step.dependencies.map((number) => states.get(number));
  const obstacle = dependencies.find((each) => each !== undefined && isUnreachable(each));
  if (obstacle !== undefined) {
    const how = obstacle.phase === 'skipped' ? 'is skipped' : 'has not completed';
    const message = `Step ${obstacle.step.stepNumber}, which it depends on, ${how}`;
    return { ...state, phase: 'skipped', message, blocked: undefined, ready: false };
  }
  const ready = dependencies.every((each) => each?.phase === 'completed');
  return { ...state, message: undefined, blocked: ready ? state.blocked : undefined, ready };
}

/** True for a step that will not be completed any more. */
function isUnreachable(state: StepState): boolean {
  return hasFailed(state) || state.phase === 'skipped' || state.phase === 'rolled_back';
}

function deletedMessage(execution: string): string {
  return `Execution ${execution} was deleted before it had settled`;
}

function earlierExecution({ name }: ObservedExecution): string {
  return `Execution ${name} is of an earlier workflow of this name; the step waits until it is gone`;
}

function otherStep({ name, stepNumber, undoes }: ObservedExecution, step: NormalisedStep): string {
  if (undoes !== undefined)
    return `Execution ${name} exists and undoes ${undoes}: it does not do step ${step.stepNumber}`;
  const what = stepNumber === undefined ? 'no step' : `step ${stepNumber}`;
  return `Execution ${name} exists and does ${what}, not step ${step.stepNumber}`;
}
