import { normaliseWorkflow } from '../../src/api/normalised-workflow.ts';
import type { ObservedExecution } from '../../sdk/workflow/observed-execution.ts';
import type { PlanFacts } from '../../sdk/workflow/plan-facts.ts';
import { readStatus } from '../../sdk/workflow/recorded-status.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { WorkflowBuilder } from './workflow-builder.ts';

/** When the workflow of planned facts was created, and what time it is. */
export const planTimes = { created: '2026-01-01T00:00:00Z', now: '2026-01-01T01:00:00Z' } as const;

/** Facts of a workflow that nothing is known of yet but its spec: uid `w`, five slots, an open gate. */
export function planFacts(builder: WorkflowBuilder, facts: Partial<PlanFacts> = {}): PlanFacts {
  const { metadata, spec } = builder.build();
  return {
    workflow: {
      name: metadata.name ?? '',
      uid: 'w',
      generation: 1,
      createdAt: planTimes.created,
      paused: spec.paused === true,
      steps: normaliseWorkflow(spec).steps,
      invalid: undefined,
      mayNeedApproval: false,
    },
    status: readStatus(undefined),
    executions: [],
    gone: new Set(),
    limit: 5,
    gate: { kind: 'open' },
    obstacles: new Map(),
    slotsTaken: false,
    trouble: undefined,
    hasRollback: () => false,
    now: planTimes.now,
    ...facts,
  };
}

/** An execution of step `stepNumber` of workflow `w`, as its controller has created it. */
export function observed(
  name: string,
  stepNumber: number,
  phase?: string,
  more: Partial<ObservedExecution> = {},
): ObservedExecution {
  return {
    name,
    uid: `uid-${name}`,
    stepNumber,
    phase,
    settled: isSettledExecutionPhase(phase),
    ownerUid: 'w',
    createdAt: '2026-01-01T00:00:01Z',
    completedAt: undefined,
    attempts: undefined,
    undoes: undefined,
    message: undefined,
    departed: false,
    ...more,
  };
}
