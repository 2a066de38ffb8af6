/** The ServiceAccount that actions act as where nothing else is said, in the namespace of the object. */
export const defaultServiceAccountName = 'stepgate-runner';

/** RBAC verb on `serviceaccounts`: who has it may have actions run as that account. */
export const useVerb = 'use';

/** The account that an object names; empty is Go's way to say none. */
export function serviceAccountOf(serviceAccountName: string | undefined): string {
  return serviceAccountName || defaultServiceAccountName;
}
