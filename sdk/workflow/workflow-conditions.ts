import type { Condition } from '../../src/api/condition.ts';
import { visibleText } from '../../src/policy/hostile-characters.ts';
import type { PlanFacts } from './plan-facts.ts';
import { listed, type WorkflowPlan } from './plan-workflow.ts';
import type { Fields } from './recorded-status.ts';
import { hasFailed } from './step-state.ts';

/** A condition without the times of its own. */
export type ConditionDraft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** A condition's bound, with room for an ellipsis. Source: metav1.Condition. */
const longestMessage = 32_000;

/**
 * The conditions of a workflow:
 * - `Progressing`: False where it stands still or is over, and why
 * - `Queued`: True while steps that could run have no execution, and why
 * - `Approved`: only where approval was ever asked for
 * - `StepsFailed`: only where a step has failed
 */
export function draftConditions(plan: WorkflowPlan, facts: PlanFacts): readonly ConditionDraft[] {
  return [progressing(plan, facts), queued(plan, facts), ...approved(facts), ...stepsFailed(plan, facts)].map(
    (draft) => ({ ...draft, message: visibleText(draft.message, longestMessage) }),
  );
}

/** The conditions as they are to be stored: those of others are kept, a time is when a status changed last. */
export function mergeConditions(
  drafts: readonly ConditionDraft[],
  stored: readonly Fields[],
  generation: number,
  now: string,
): readonly Fields[] {
  const ours = new Map<unknown, Fields>(
    drafts.map((draft) => [draft.type, merged(draft, stored, generation, now)]),
  );
  const kept = stored.map((condition) => {
    const change = ours.get(condition['type']);
    ours.delete(condition['type']);
    return change ?? condition;
  });
  return [...kept, ...ours.values()];
}

function merged(draft: ConditionDraft, stored: readonly Fields[], generation: number, now: string): Fields {
  const before = stored.find(({ type }) => type === draft.type);
  const same =
    before !== undefined &&
    before['status'] === draft.status &&
    before['reason'] === draft.reason &&
    before['message'] === draft.message &&
    before['observedGeneration'] === generation;
  if (same) return before;
  const since = before?.['status'] === draft.status ? before['lastTransitionTime'] : undefined;
  return {
    ...draft,
    observedGeneration: generation,
    lastTransitionTime: typeof since === 'string' ? since : now,
  };
}

function progressing(plan: WorkflowPlan, { gate }: PlanFacts): ConditionDraft {
  const type = 'Progressing';
  const message = plan.message ?? '';
  switch (plan.phase) {
    case 'completed':
      return { type, status: 'False', reason: 'Completed', message };
    case 'failed':
      return { type, status: 'False', reason: 'Failed', message };
    case 'paused':
      return { type, status: 'False', reason: 'Paused', message: 'spec.paused is true: nothing is started' };
    case 'awaiting_approval':
      return {
        type,
        status: 'False',
        reason: gate.kind === 'rejected' ? 'Rejected' : 'ApprovalRequired',
        message,
      };
    case 'rolling_back':
      return { type, status: 'True', reason: 'RollingBack', message };
    case 'pending':
    case 'planning':
    case 'validating':
    case 'executing':
    case 'monitoring':
      return { type, status: 'True', reason: plan.halted ? 'CriticalStepFailed' : 'StepsRunning', message };
  }
}

function queued(plan: WorkflowPlan, facts: PlanFacts): ConditionDraft {
  const type = 'Queued';
  const { queuedSteps: count } = plan;
  if (count === 0) return { type, status: 'False', reason: 'NothingQueued', message: '' };
  const what = count === 1 ? '1 step waits' : `${count} steps wait`;
  const why = whyQueued(plan, facts);
  return { type, status: 'True', reason: why.reason, message: `${what}: ${why.message}` };
}

function whyQueued(
  { steps, activeSteps }: WorkflowPlan,
  { workflow, gate, limit, trouble, slotsTaken, obstacles }: PlanFacts,
): { readonly reason: string; readonly message: string } {
  if (workflow.paused) return { reason: 'Paused', message: 'the workflow is paused' };
  if (gate.kind !== 'open') return { reason: 'WorkflowIsOver', message: gate.message };
  if (activeSteps >= limit)
    return { reason: 'ParallelLimitReached', message: `all of the workflow's slots (${limit}) are taken` };
  if (trouble !== undefined) return { reason: 'CreateFailed', message: `${trouble}; it is tried again` };
  if (slotsTaken)
    return {
      reason: 'ParallelLimitReached',
      message: 'the slots that are left are reserved by creates under way',
    };
  const blocked = steps.find((step) => step.blocked !== undefined)?.blocked;
  const obstacle = blocked ?? [...obstacles.values()].find(({ kind }) => kind === 'blocked');
  if (obstacle !== undefined && 'reason' in obstacle) return obstacle;
  return { reason: 'Starting', message: 'they are about to be started' };
}

function approved({ gate, workflow, status }: PlanFacts): readonly ConditionDraft[] {
  const type = 'Approved';
  if (gate.kind === 'waiting')
    return [{ type, status: 'False', reason: 'ApprovalRequired', message: gate.message }];
  if (gate.kind === 'rejected') return [{ type, status: 'False', reason: 'Rejected', message: gate.message }];
  const before = status.conditions.find((condition) => condition['type'] === type);
  if (before === undefined) return [];
  // The gate has not been asked, and the annotations do not say that it would let anything pass.
  if (gate.kind === 'over' || workflow.mayNeedApproval) return [restated(before)];
  return [
    { type, status: 'True', reason: 'MayRun', message: 'It is approved, or needs no approval any more' },
  ];
}

function restated(before: Fields): ConditionDraft {
  return {
    type: 'Approved',
    status: before['status'] === 'True' ? 'True' : 'False',
    reason: String(before['reason']),
    message: String(before['message']),
  };
}

function stepsFailed({ steps }: WorkflowPlan, { status }: PlanFacts): readonly ConditionDraft[] {
  const type = 'StepsFailed';
  const failed = steps.filter(hasFailed);
  const [first] = failed;
  if (first === undefined) {
    const before = status.conditions.some((condition) => condition['type'] === type);
    return before ? [{ type, status: 'False', reason: 'NoStepFailed', message: '' }] : [];
  }
  const skipped = steps.filter(({ phase }) => phase === 'skipped');
  const also = skipped.length === 0 ? '' : `; skipped: ${listed(skipped)}`;
  const message = `Failed: ${listed(failed)}${also}. Step ${first.step.stepNumber}: ${first.message ?? 'no message'}`;
  return [{ type, status: 'True', reason: 'StepFailed', message }];
}
