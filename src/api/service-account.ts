import { defaultServiceAccountName } from './names.ts';

/** RBAC verb on `serviceaccounts`: who has it may have actions run as that account. */
export const useVerb = 'use';

/** The account that an object names; empty is Go's way to say none. */
export function serviceAccountOf(serviceAccountName: string | undefined): string {
  return serviceAccountName || defaultServiceAccountName;
}
