/** Phases of a KubernetesExecution. A new execution has none until its controller writes one. */
export const executionPhases = [
  'pending',
  'validating',
  'validated',
  'waiting_approval',
  'executing',
  'completed',
  'failed',
  'rollback_ready',
] as const;

export type ExecutionPhase = (typeof executionPhases)[number];

/** An execution in one of these phases is settled: it holds no slot, for ever. */
export const settledExecutionPhases = ['completed', 'failed', 'rollback_ready'] as const;

/** True for a phase that frees the slot. No phase, or an unknown one, is active. */
export function isSettledExecutionPhase(phase: string | undefined): boolean {
  return (settledExecutionPhases as readonly string[]).includes(phase ?? '');
}

/**
 * The field selector whose watch shows active executions only; settling and deletion both arrive as DELETED.
 * It needs `selectableFields` on `.status.phase` (KEP-4358, Kubernetes 1.32).
 */
export const activeExecutionFieldSelector = settledExecutionPhases
  .map((phase) => `status.phase!=${phase}`)
  .join(',');

/** Phases of a WorkflowExecution. */
export const workflowPhases = [
  'pending',
  'planning',
  'validating',
  'awaiting_approval',
  'executing',
  'monitoring',
  'paused',
  'rolling_back',
  'completed',
  'failed',
] as const;

export type WorkflowPhase = (typeof workflowPhases)[number];

/** A workflow in one of these phases is over: it gets no further executions. */
export const settledWorkflowPhases = ['completed', 'failed'] as const;

/** True for a phase after which a workflow runs nothing. */
export function isSettledWorkflowPhase(phase: string | undefined): boolean {
  return (settledWorkflowPhases as readonly string[]).includes(phase ?? '');
}

/** The field selector whose watch shows only workflows that are not over. */
export const liveWorkflowFieldSelector = settledWorkflowPhases
  .map((phase) => `status.phase!=${phase}`)
  .join(',');

/**
 * Phases of a step in its workflow's status: pending until its dependencies are completed, queued until it has
 * a slot, active while its execution is, then how it ended.
 */
export const stepPhases = [
  'pending',
  'queued',
  'active',
  'completed',
  'failed',
  'rollback_ready',
  'rolled_back',
  'skipped',
] as const;

export type StepPhase = (typeof stepPhases)[number];

/** How far the undoing of a step is, in its workflow's status. */
export const rollbackPhases = ['queued', 'active', 'completed', 'failed'] as const;

export type RollbackPhase = (typeof rollbackPhases)[number];

/**
 * Phases of an AIAnalysis. The first three are the analyser's, whoever that is; it may also fail. The others are written
 * by stepgate's controller: from `approving` and `approved` on, what the analysis recommends changes no more.
 */
export const analysisPhases = [
  'pending',
  'investigating',
  'analyzing',
  'approving',
  'approved',
  'completed',
  'rejected',
  'failed',
] as const;

export type AnalysisPhase = (typeof analysisPhases)[number];

/** Phases in which what an analysis recommends is decided on, or was. */
export const frozenAnalysisPhases = ['approving', 'approved', 'completed', 'rejected', 'failed'] as const;

/** Phases after which nothing becomes of an analysis. */
export const finalAnalysisPhases = ['completed', 'rejected', 'failed'] as const;

/** True for a phase after which nothing becomes of an analysis. */
export function isFinalAnalysisPhase(phase: string | undefined): boolean {
  return (finalAnalysisPhases as readonly string[]).includes(phase ?? '');
}
