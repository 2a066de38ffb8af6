import type { StepPhase, WorkflowPhase } from '../../src/api/phase.ts';
import { executionName } from '../parallel/execution-name.ts';
import type { ExecutionPurpose } from '../parallel/execution-name.ts';
import { judgeExecution } from './judge-execution.ts';
import type { ObservedExecution } from './observed-execution.ts';
import type { PlanFacts } from './plan-facts.ts';
import { planRollback, type RollbackPlan } from './plan-rollback.ts';
import { hasFailed, isOver, type StepState } from './step-state.ts';
import { stepStates } from './step-states.ts';

/** An execution that is to be created now. */
export interface PlannedCreate {
  readonly name: string;
  readonly purpose: ExecutionPurpose;
  readonly step: StepState;
}

/** Where a workflow is, and what is to be done for it now. */
export interface WorkflowPlan {
  readonly phase: WorkflowPhase;
  /** In the order of the spec. */
  readonly steps: readonly StepState[];
  /** Executions that hold a slot now, by whomever. */
  readonly activeSteps: number;
  /** Steps that could run and have no execution; 0 while the workflow waits for approval. */
  readonly queuedSteps: number;
  /** In the order in which they get slots; never more than there are. */
  readonly creates: readonly PlannedCreate[];
  /** Executions that are recorded and not seen: a quorum read must tell before anything is decided on them. */
  readonly lost: readonly string[];
  /** A critical step has failed: nothing more is started, what was done is undone. */
  readonly halted: boolean;
  /** The last word on the workflow, or on why it stands still. */
  readonly message: string | undefined;
}

/**
 * What is to be done for a workflow, from all that is known of it. The same facts give the same plan, and no plan
 * remembers another: a controller that crashes loses nothing.
 *
 * - A step is ready when its dependencies are completed. Ready steps get the free slots in the order of the spec; a
 *   rollback goes before them all, because nothing else is started then. The others are queued.
 * - A step that fails ends its dependents, which are skipped; its siblings go on, and the workflow is completed at last.
 *   A critical one ends the workflow: nothing is started any more, what is active is awaited, then every step that ran is
 *   undone, the last completed first, one at a time; the workflow has failed at last.
 */
export function planWorkflow(facts: PlanFacts): WorkflowPlan {
  const { workflow, limit, gate } = facts;
  const executions = byName(facts.executions);
  const activeSteps = facts.executions.filter(isActive).length;
  if (workflow.invalid !== undefined) return invalidPlan(workflow.invalid, activeSteps);

  const found = stepStates(facts, executions);
  const halted = found.some(isFatal) || found.some(({ rollback }) => rollback !== undefined);
  const states = halted ? found.map((state) => notStarted(state, found)) : found;
  const lost = states.flatMap((state) => lostOf(state, facts, executions));
  const waits = halted && facts.executions.some((each) => isStepOfOurs(each, facts));
  const rollback = halted && !waits && lost.length === 0 ? planRollback(states, facts) : undefined;

  const candidates = halted ? rollbackCreates(rollback, facts) : readyCreates(states, facts);
  const closed = gate.kind !== 'open';
  const unblocked = candidates.filter(
    ({ name, step }) => step.blocked === undefined && !facts.obstacles.has(name),
  );
  const free = closed || workflow.paused || facts.slotsTaken ? 0 : Math.max(0, limit - activeSteps);
  // Where approval may be missing, one create asks as well as five.
  const asked = workflow.mayNeedApproval && isFirst(facts) ? Math.min(free, 1) : free;
  const awaits = candidates.length > 0 && closed && !workflow.paused;
  const steps = states.map((state) => (awaits ? state : queuedState(state, rollback)));
  const queuedSteps = awaits ? 0 : candidates.length;
  const settled =
    activeSteps === 0 && lost.length === 0 && states.every(isOver) && (!halted || rollback?.done === true);
  return {
    phase: phaseOf({ facts, settled, halted, rollback, awaits, states }),
    steps,
    activeSteps,
    queuedSteps,
    creates: unblocked.slice(0, asked),
    lost,
    halted,
    message: messageOf({ facts, settled, halted, awaits, states }),
  };
}

/** Executions that are there go before those that were: a name may have been given again. */
function byName(executions: readonly ObservedExecution[]): ReadonlyMap<string, ObservedExecution> {
  const found = new Map<string, ObservedExecution>();
  for (const execution of executions)
    if (!execution.departed || !found.has(execution.name)) found.set(execution.name, execution);
  return found;
}

function isActive({ settled, departed }: ObservedExecution): boolean {
  return !settled && !departed;
}

function isFatal(state: StepState): boolean {
  return state.step.criticalStep && hasFailed(state);
}

function notStarted(state: StepState, all: readonly StepState[]): StepState {
  if (state.phase !== 'pending') return state;
  const critical = all.find(isFatal)?.step.stepNumber;
  const message =
    critical === undefined ? 'The workflow is rolled back' : `Critical step ${critical} has not completed`;
  return { ...state, phase: 'skipped', ready: false, blocked: undefined, message };
}

function lostOf(
  { lost, rollback, step }: StepState,
  { workflow, gone }: PlanFacts,
  executions: ReadonlyMap<string, ObservedExecution>,
): readonly string[] {
  const undoing = executionName(workflow.name, step.stepNumber, 'rollback');
  const isLost = rollback === 'active' && !executions.has(undoing) && !gone.has(undoing);
  return [...(lost === undefined ? [] : [lost]), ...(isLost ? [undoing] : [])];
}

/** An active execution that this workflow owns and that undoes nothing: also of a step that an edit has removed. */
function isStepOfOurs(execution: ObservedExecution, { workflow }: PlanFacts): boolean {
  const { stepNumber, name } = execution;
  if (!isActive(execution) || stepNumber === undefined) return false;
  if (judgeExecution(execution, stepNumber, workflow, { purpose: 'step' }) !== 'own') return false;
  if (name === executionName(workflow.name, stepNumber, 'rollback')) return false;
  return execution.ownerUid === workflow.uid || name === executionName(workflow.name, stepNumber);
}

function readyCreates(states: readonly StepState[], { workflow }: PlanFacts): readonly PlannedCreate[] {
  return states
    .filter(({ ready }) => ready)
    .map((step) => ({ name: executionName(workflow.name, step.step.stepNumber), purpose: 'step', step }));
}

function rollbackCreates(
  rollback: RollbackPlan | undefined,
  { workflow }: PlanFacts,
): readonly PlannedCreate[] {
  if (rollback?.next === undefined) return [];
  const step = rollback.next;
  return [
    { name: executionName(workflow.name, step.step.stepNumber, 'rollback'), purpose: 'rollback', step },
  ];
}

function queuedState(state: StepState, rollback: RollbackPlan | undefined): StepState {
  if (state.ready) return { ...state, phase: 'queued', message: state.blocked?.message };
  if (state === rollback?.next) return { ...state, rollback: 'queued' };
  return state;
}

/** True before the first execution of the workflow's own. */
function isFirst({ status, executions, workflow }: PlanFacts): boolean {
  return status.startTime === undefined && !executions.some(({ ownerUid }) => ownerUid === workflow.uid);
}

interface Outcome {
  readonly facts: PlanFacts;
  readonly settled: boolean;
  readonly halted: boolean;
  readonly awaits: boolean;
  readonly states: readonly StepState[];
}

function phaseOf({
  facts,
  settled,
  halted,
  rollback,
  awaits,
  states,
}: Outcome & { readonly rollback: RollbackPlan | undefined }): WorkflowPhase {
  if (settled) return halted ? 'failed' : 'completed';
  if (facts.workflow.paused) return 'paused';
  if (awaits && facts.gate.kind !== 'over') return 'awaiting_approval';
  if (rollback !== undefined) return 'rolling_back';
  return states.some(({ execution }) => execution !== undefined) ? 'executing' : 'pending';
}

function messageOf({ facts, settled, halted, awaits, states }: Outcome): string | undefined {
  if (settled) return summary(states);
  if (awaits && facts.gate.kind !== 'open') return facts.gate.message;
  if (!halted) return undefined;
  const fatal = states.filter(isFatal);
  const what = fatal.length === 0 ? 'A critical step' : `Critical step ${listed(fatal)}`;
  return `${what} has failed: nothing more is started, and what was done is undone`;
}

function summary(states: readonly StepState[]): string {
  const count = (phase: StepPhase) => states.filter((state) => state.phase === phase).length;
  const failed = states.filter(hasFailed);
  const skipped = states.filter(({ phase }) => phase === 'skipped');
  const undone = states.filter(({ phase }) => phase === 'rolled_back');
  const stuck = states.filter(({ rollback }) => rollback === 'failed');
  return [
    `${count('completed')} of ${states.length} steps completed`,
    ...(failed.length === 0 ? [] : [`failed: ${listed(failed)}`]),
    ...(skipped.length === 0 ? [] : [`skipped: ${listed(skipped)}`]),
    ...(undone.length === 0 ? [] : [`rolled back: ${listed(undone)}`]),
    ...(stuck.length === 0 ? [] : [`could not be rolled back: ${listed(stuck)}`]),
  ].join('; ');
}

/** The numbers of some steps; not all of a thousand. */
export function listed(states: readonly StepState[]): string {
  const shown = states.slice(0, 20).map(({ step }) => step.stepNumber);
  return `${shown.join(', ')}${states.length > shown.length ? ', …' : ''}`;
}

function invalidPlan(why: string, activeSteps: number): WorkflowPlan {
  return {
    phase: 'failed',
    steps: [],
    activeSteps,
    queuedSteps: 0,
    creates: [],
    lost: [],
    halted: true,
    message: `The workflow cannot be run: ${why}`,
  };
}
