import type { PlanFacts } from './plan-facts.ts';
import { inDependencyOrder } from './step-states.ts';
import { hasFailed, type StepState } from './step-state.ts';

/** What there is to undo, and how far that is. */
export interface RollbackPlan {
  /** The one whose turn it is, and that has no execution yet. */
  readonly next: StepState | undefined;
  /** Something is being undone. */
  readonly active: boolean;
  /** Nothing is left to undo. */
  readonly done: boolean;
}

/** True for a step that did something and has a way to undo it: a `rollbackSpec`, or its action's own rollback. */
export function canRollBack(state: StepState, { hasRollback }: Pick<PlanFacts, 'hasRollback'>): boolean {
  const ran = state.execution !== undefined && (state.phase === 'completed' || hasFailed(state));
  return (
    state.rollback !== undefined ||
    (ran && (state.step.rollback !== undefined || hasRollback(state.step.action)))
  );
}

/**
 * Steps are undone one after the other, the last completed first; of two that were completed in the same instant, the
 * one that may depend on the other. What could not be undone stays as it is, and the rest goes on.
 */
export function planRollback(states: readonly StepState[], facts: PlanFacts): RollbackPlan {
  const toUndo = states.filter((state) => canRollBack(state, facts));
  const ends = endTimes(states, facts);
  const depth = new Map([...ends.keys()].map((number, index) => [number, index]));
  const left = toUndo
    .filter(({ rollback }) => rollback === undefined || rollback === 'queued')
    .toSorted((one, other) => endOf(other) - endOf(one) || depthOf(other) - depthOf(one));
  const active = toUndo.some(({ rollback }) => rollback === 'active');

  function endOf({ step }: StepState): number {
    return ends.get(step.stepNumber) ?? 0;
  }

  function depthOf({ step }: StepState): number {
    return depth.get(step.stepNumber) ?? 0;
  }

  return { next: active ? undefined : left[0], active, done: !active && left.length === 0 };
}

/**
 * When each step was over, those that others depend on first. Clocks differ and jump: no step counts as completed before
 * what it depends on.
 */
function endTimes(states: readonly StepState[], { workflow }: PlanFacts): ReadonlyMap<number, number> {
  const byNumber = new Map(states.map((state) => [state.step.stepNumber, state]));
  const ends = new Map<number, number>();
  for (const number of inDependencyOrder(workflow.steps)) {
    const state = byNumber.get(number);
    const before = state?.step.dependencies.map((dependency) => ends.get(dependency) ?? 0) ?? [];
    ends.set(number, Math.max(state === undefined ? 0 : completedAt(state), ...before));
  }
  return ends;
}

function completedAt({ completionTime }: StepState): number {
  return completionTime === undefined ? 0 : Date.parse(completionTime) || 0;
}
