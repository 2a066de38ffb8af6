import { effectiveThreshold } from './workflow-approval.ts';

/** The annotations of a workflow that tell whether its executions are gated, as far as they are known. */
export interface GateStamps {
  /** `step-count` and `approval-threshold`; undefined where this installation has not written them. */
  readonly stepCount: string | undefined;
  readonly threshold: string | undefined;
  /** `approved`, as it is written: `false` is a rejection. */
  readonly decision: string | undefined;
}

/**
 * False for a workflow that its stamps show to be within its threshold: it needs no approval. A rejection holds
 * whatever the threshold is.
 */
export function isGated({ stepCount, threshold, decision }: GateStamps, currentThreshold: number): boolean {
  if (decision === 'false' || stepCount === undefined || !/^[0-9]{1,9}$/.test(stepCount)) return true;
  return Number(stepCount) > effectiveThreshold(threshold, currentThreshold);
}
