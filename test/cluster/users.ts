import { randomBytes } from 'node:crypto';

/** Who may talk to a control plane of ours. RBAC decides what each may do; only `admin` has rights at first. */
export type UserName = 'admin' | 'developer' | 'approver' | 'nobody' | 'webhook' | 'controller';

export interface User {
  /** The name that the API server knows. */
  readonly name: string;
  readonly groups: readonly string[];
}

/** The service accounts of an installation live in this namespace. */
export const installationNamespace = 'kubernaut-system';

export const users: Readonly<Record<UserName, User>> = {
  admin: { name: 'admin', groups: ['system:masters'] },
  developer: { name: 'developer', groups: ['developers'] },
  approver: { name: 'approver', groups: ['approvers'] },
  nobody: { name: 'nobody', groups: [] },
  webhook: serviceAccount('stepgate-webhook'),
  controller: serviceAccount('stepgate-controller'),
};

export const userNames = Object.keys(users) as UserName[];

/** Groups of a service account. Source: k8s.io/apiserver pkg/authentication/serviceaccount MakeGroupNames. */
function serviceAccount(name: string): User {
  return {
    name: `system:serviceaccount:${installationNamespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${installationNamespace}`],
  };
}

/** A token for each user, good for one control plane. */
export function createTokens(): Record<UserName, string> {
  const token = () => randomBytes(24).toString('hex');
  return Object.fromEntries(userNames.map((name) => [name, token()])) as Record<UserName, string>;
}

/** The file behind --token-auth-file: token, user, uid and, where there are any, quoted groups on each line. */
export function tokenFile(tokens: Readonly<Record<UserName, string>>): string {
  return userNames
    .map((user) => {
      const { name, groups } = users[user];
      // an empty column would be one group without a name
      const column = groups.length === 0 ? '' : `,"${groups.join(',')}"`;
      return `${tokens[user]},${name},uid-${user}${column}\n`;
    })
    .join('');
}
