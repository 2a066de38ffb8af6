import type { NormalisedStep } from '../../src/api/normalised-workflow.ts';
import type { RollbackPhase, StepPhase } from '../../src/api/phase.ts';
import type { RecordedStep } from './recorded-status.ts';

/** How far a step is. */
export interface StepState {
  readonly step: NormalisedStep;
  readonly record: RecordedStep | undefined;
  readonly phase: StepPhase;
  /** Name of the execution that does it, or has done it. */
  readonly execution: string | undefined;
  /** RFC 3339. */
  readonly startTime: string | undefined;
  readonly completionTime: string | undefined;
  readonly attempts: number | undefined;
  readonly message: string | undefined;
  readonly rollback: RollbackPhase | undefined;
  /** Its dependencies are completed and it has no execution. */
  readonly ready: boolean;
  /** It is ready, and something other than a missing slot is in its way. */
  readonly blocked: { readonly reason: string; readonly message: string } | undefined;
  /** Its execution is recorded, and neither seen nor known to be gone: somebody must look. */
  readonly lost: string | undefined;
}

/** True for the phases of a step that was done and has not succeeded. */
export function hasFailed({ phase }: Pick<StepState, 'phase'>): boolean {
  return phase === 'failed' || phase === 'rollback_ready';
}

/** True for the phases in which a step takes no further part, but to be undone. */
export function isOver({ phase }: Pick<StepState, 'phase'>): boolean {
  return phase !== 'pending' && phase !== 'queued' && phase !== 'active';
}
