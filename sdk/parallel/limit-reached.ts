import { isKubeStatus, type KubeStatusError } from '../../src/kube/kube-status-error.ts';

/** Reason of the cause by which a 429 says that the workflow has no free slot. */
export const limitReachedReason = 'ParallelLimitReached';

/** True for the refusal that a later create may not meet; any other 429 is of the API server itself. */
export function isLimitReached(error: unknown): boolean {
  return isKubeStatus(error, 429) && hasCause(error, limitReachedReason);
}

/** True where the refusal has a cause of this reason. */
export function hasCause({ status }: KubeStatusError, reason: string): boolean {
  return status.details?.causes?.some((cause) => cause.reason === reason) ?? false;
}
