/** Whoever is asked. */
interface User {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Source: Kubernetes pkg `apiserver/pkg/authentication/serviceaccount`, which names users and groups so. */
const userPrefix = 'system:serviceaccount:';
const group = 'system:serviceaccounts';

/** Whether a program asks with an account of the cluster, and not a person. Either sign is enough. */
export function isServiceAccountUser({ user, groups }: User): boolean {
  return user.startsWith(userPrefix) || groups.includes(group);
}

/** What a program is told that tries to decide. */
export function serviceAccountsMayNotDecide(user: string): string {
  return `${user} is a ServiceAccount, and people decide (setting service-accounts-may-approve).`;
}
