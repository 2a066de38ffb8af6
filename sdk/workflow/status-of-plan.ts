import { isSettledWorkflowPhase } from '../../src/api/phase.ts';
import { maxStepsPerWorkflow } from '../../src/api/workflow-execution.ts';
import { visibleText } from '../../src/policy/hostile-characters.ts';
import type { PlanFacts } from './plan-facts.ts';
import type { WorkflowPlan } from './plan-workflow.ts';
import type { Fields } from './recorded-status.ts';
import type { StepState } from './step-state.ts';
import { draftConditions, mergeConditions } from './workflow-conditions.ts';

/** The messages of all steps together, and of one, in characters: an object must fit into a request to etcd. */
const messageBudget = 200_000;
const longestMessage = 1_024;

/**
 * The fields of the status that a plan wants to change, as a JSON merge patch (null: remove), or undefined where all is
 * as it should be. Fields that are not ours are kept, in the status, its steps and its conditions. How often an active
 * step was attempted is worth no write of its own: the next one brings it.
 */
export function statusOfPlan(plan: WorkflowPlan, facts: PlanFacts): Fields | undefined {
  const { raw } = facts.status;
  const wanted = fieldsOfPlan(plan, facts);
  const changes = Object.entries(wanted).filter(([field, value]) => !same(raw[field], value));
  const stepStatuses = stepEntries(plan, facts);
  if (!sameEntries(stepStatuses, raw['stepStatuses'])) changes.push(['stepStatuses', stepStatuses]);
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}

function fieldsOfPlan(plan: WorkflowPlan, facts: PlanFacts): Fields {
  const { status, workflow, now } = facts;
  const started = plan.steps.some(({ execution }) => execution !== undefined);
  const completionTime = isSettledWorkflowPhase(plan.phase) ? now : null;
  return {
    phase: plan.phase,
    observedGeneration: workflow.generation,
    activeSteps: plan.activeSteps,
    queuedSteps: plan.queuedSteps,
    startTime: status.startTime ?? (started ? now : null),
    completionTime,
    message: plan.message === undefined ? null : visibleText(plan.message),
    conditions: mergeConditions(draftConditions(plan, facts), status.conditions, workflow.generation, now),
  };
}

/** An absent field and one to remove are the same. */
function same(stored: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return sameEntries(wanted, stored);
  return (stored ?? null) === wanted;
}

/** Entries that need no change are those that were read, the very objects. */
function sameEntries(wanted: readonly unknown[], stored: unknown): boolean {
  const before: readonly unknown[] = Array.isArray(stored) ? stored : [];
  return before.length === wanted.length && wanted.every((entry, index) => entry === before[index]);
}

/** Those of the spec, in its order, and those that an edit has removed and that have run. */
function stepEntries(plan: WorkflowPlan, { status }: PlanFacts): readonly Fields[] {
  const numbers = new Set(plan.steps.map(({ step }) => step.stepNumber));
  const removed = [...status.steps]
    .filter(([number, { execution }]) => !numbers.has(number) && execution !== undefined)
    .map(([, { raw }]) => raw);
  const longest = Math.min(longestMessage, Math.floor(messageBudget / Math.max(1, plan.steps.length)));
  return [...plan.steps.map((state) => entryOf(state, longest)), ...removed].slice(0, maxStepsPerWorkflow);
}

function entryOf(state: StepState, longest: number): Fields {
  const { step, phase, execution, attempts, rollback, startTime, completionTime } = state;
  const message = state.message === undefined ? undefined : visibleText(state.message, longest);
  const fields = {
    stepNumber: step.stepNumber,
    phase,
    execution,
    rollback,
    startTime,
    completionTime,
    message,
  };
  const raw = state.record?.raw ?? {};
  const unchanged = Object.entries(fields).every(([field, value]) => raw[field] === value);
  if (unchanged && state.record !== undefined) return state.record.raw;
  return withoutAbsent({ ...raw, ...fields, attempts });
}

function withoutAbsent(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
