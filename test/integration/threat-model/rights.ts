import type { KubeClient } from '../../../src/kube/kube-client.ts';
import { users } from '../../cluster/users.ts';
import { whenAllowed } from '../../cluster/when-allowed.ts';

const group = 'rbac.authorization.k8s.io';
const workflows = 'workflowexecution.kubernaut.io';
const executions = 'kubernetesexecution.kubernaut.io';
const write = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const statusVerbs = ['get', 'update', 'patch'];

function rule(
  apiGroup: string,
  resource: string,
  verbs: readonly string[],
  resourceNames?: readonly string[],
) {
  return { apiGroups: [apiGroup], resources: [resource], verbs, ...(resourceNames && { resourceNames }) };
}

const developer = [
  rule(workflows, 'workflowexecutions', write),
  rule(workflows, 'workflowexecutions/status', statusVerbs),
  rule(executions, 'kubernetesexecutions', write),
  rule(executions, 'kubernetesexecutions/status', statusVerbs),
];

/** ClusterRoles by name, and who has them in every namespace. */
const roles = {
  developer: { rules: developer, subjects: [user('developer'), user(users.controller.name)] },
  // By group: who belongs to it must reach the authorizer.
  approver: {
    rules: [rule(workflows, 'workflowexecutions', ['get', 'list', 'update', 'patch', 'approve'])],
    subjects: [{ kind: 'Group', name: 'approvers', apiGroup: group }],
  },
  // What an account may do is no question of approval: those that edits name may be named by all.
  'account-user': {
    rules: [rule('', 'serviceaccounts', ['use'], ['cluster-admin', 'other'])],
    subjects: [{ kind: 'Group', name: 'system:authenticated', apiGroup: group }],
  },
  patcher: {
    rules: [rule(workflows, 'workflowexecutions', ['get', 'patch'])],
    subjects: [user('nobody')],
  },
  'approver-of-another': {
    rules: [rule(workflows, 'workflowexecutions', ['approve'], ['another'])],
    subjects: [user('nobody')],
  },
} as const;

function user(name: string) {
  return { kind: 'User', name, apiGroup: group };
}

/** Who may do what: developers write, approvers approve, `nobody` may patch workflows. */
export async function grantRights(client: KubeClient): Promise<void> {
  for (const [name, { rules, subjects }] of Object.entries(roles)) {
    const metadata = { name };
    await create(client, `/apis/${group}/v1/clusterroles`, { metadata, rules });
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name };
    await create(client, `/apis/${group}/v1/clusterrolebindings`, { metadata, roleRef, subjects });
  }
  const last = { verb: 'approve', group: workflows, resource: 'workflowexecutions', name: 'another' };
  await whenAllowed(client, users.nobody, last);
}

/** Somebody who has no such right, `nobody` by default, becomes an approver in this namespace alone. */
export async function makeApproverOf(
  client: KubeClient,
  namespace: string,
  approver = users.nobody,
): Promise<void> {
  await create(client, `/apis/${group}/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: 'approver' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'approver' },
    subjects: [user(approver.name)],
  });
  const approve = { verb: 'approve', group: workflows, resource: 'workflowexecutions', namespace };
  await whenAllowed(client, approver, approve);
}

async function create(client: KubeClient, path: string, body: object): Promise<void> {
  await client.request({ method: 'POST', path, body });
}
