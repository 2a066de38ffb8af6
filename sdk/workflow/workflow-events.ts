import { workflowExecutionKind } from '../../src/api/names.ts';
import { type EventFacts, regardingObject } from '../../src/kube/event-object.ts';
import type { CachedWorkflow } from './cached-workflow.ts';
import type { PlanFacts } from './plan-facts.ts';
import type { WorkflowPlan } from './plan-workflow.ts';
import { hasFailed } from './step-state.ts';

/** What happened between the status that was stored and the plan, for the person who looks at the workflow. */
export function workflowEvents(
  { metadata }: CachedWorkflow,
  plan: WorkflowPlan,
  { status }: PlanFacts,
): readonly EventFacts[] {
  const regarding = regardingObject(workflowExecutionKind, metadata);
  const say = (
    type: EventFacts['type'],
    reason: string,
    action: string,
    note: string,
    occasion?: string,
  ): EventFacts => ({
    regarding,
    type,
    reason,
    action,
    note,
    ...(occasion === undefined ? {} : { occasion }),
  });
  const enters = (phase: WorkflowPlan['phase']) => plan.phase === phase && status.phase !== phase;
  const started =
    status.startTime === undefined && plan.steps.some(({ execution }) => execution !== undefined);
  const failures = plan.steps.filter(
    (state) =>
      hasFailed(state) &&
      (state.record === undefined || !hasFailed({ phase: state.record.phase ?? 'pending' })),
  );
  const message = plan.message ?? '';
  return [
    ...(enters('awaiting_approval') ? [say('Normal', 'AwaitingApproval', 'Wait', message)] : []),
    ...(started ? [say('Normal', 'Started', 'Start', `Its ${plan.steps.length} steps are being run`)] : []),
    ...failures.map(({ step, message: why }) =>
      say(
        'Warning',
        'StepFailed',
        'RunStep',
        `Step ${step.stepNumber}: ${why ?? ''}`,
        String(step.stepNumber),
      ),
    ),
    ...(enters('rolling_back') ? [say('Warning', 'RollingBack', 'RollBack', message)] : []),
    ...(enters('completed') ? [say('Normal', 'Completed', 'Complete', message)] : []),
    ...(enters('failed') ? [say('Warning', 'Failed', 'Fail', message)] : []),
  ];
}
