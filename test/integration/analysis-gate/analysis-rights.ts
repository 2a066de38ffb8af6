import type { KubeClient } from '../../../src/kube/kube-client.ts';
import { users } from '../../cluster/users.ts';
import { whenAllowed } from '../../cluster/when-allowed.ts';

const group = 'rbac.authorization.k8s.io';
const analyses = 'aianalysis.kubernaut.io';
const workflows = 'workflowexecution.kubernaut.io';
const executions = 'kubernetesexecution.kubernaut.io';
const write = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const user = (name: string) => ({ kind: 'User', name, apiGroup: group });

/** Writes all that there is to write, and may approve nothing. */
const writer = [
  rule(
    analyses,
    ['aianalyses', 'aianalyses/status', 'aiapprovalrequests', 'aiapprovalrequests/status'],
    write,
  ),
  rule(workflows, ['workflowexecutions', 'workflowexecutions/status'], write),
  rule(executions, ['kubernetesexecutions', 'kubernetesexecutions/status'], write),
];

/** ClusterRoles by name, and who has them in every namespace. */
const roles = {
  writer: { rules: writer, subjects: [user('developer'), user('nobody')] },
  // Whatever rights the controller has, it does not decide.
  'everything-but-masters': { rules: [rule('*', ['*'], ['*'])], subjects: [user(users.controller.name)] },
  decider: {
    rules: [
      rule(analyses, ['aiapprovalrequests'], ['get', 'list', 'watch', 'approve', 'update', 'patch']),
      rule(analyses, ['aiapprovalrequests/status'], ['get', 'update', 'patch']),
      rule(workflows, ['workflowexecutions'], ['get', 'approve']),
    ],
    // By group: who belongs to it must reach the authorizer.
    // And a ServiceAccount: people decide, whatever rights it has.
    subjects: [{ kind: 'Group', name: 'approvers', apiGroup: group }, user(users.webhook.name)],
  },
} as const;

/** One half of what it takes to decide, for `nobody`, each in a namespace of its own. */
const halves = {
  'only-requests': rule(analyses, ['aiapprovalrequests'], ['approve']),
  'only-workflows': rule(workflows, ['workflowexecutions'], ['approve']),
};

/** Gives these rights, and makes the namespaces `only-requests` and `only-workflows`. */
export async function grantAnalysisRights(client: KubeClient): Promise<void> {
  const create = async (path: string, body: object) => client.request({ method: 'POST', path, body });
  for (const [name, { rules, subjects }] of Object.entries(roles)) {
    await create(`/apis/${group}/v1/clusterroles`, { metadata: { name }, rules });
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name };
    await create(`/apis/${group}/v1/clusterrolebindings`, { metadata: { name }, roleRef, subjects });
  }
  for (const [name, half] of Object.entries(halves)) {
    await create('/api/v1/namespaces', { metadata: { name } });
    const namespaced = `/apis/${group}/v1/namespaces/${name}`;
    await create(`${namespaced}/roles`, { metadata: { name }, rules: [half] });
    const roleRef = { apiGroup: group, kind: 'Role', name };
    await create(`${namespaced}/rolebindings`, { metadata: { name }, roleRef, subjects: [user('nobody')] });
  }
  const verb = 'approve';
  await whenAllowed(client, users.approver, { verb, group: workflows, resource: 'workflowexecutions' });
  const half = { verb, group: workflows, resource: 'workflowexecutions', namespace: 'only-workflows' };
  await whenAllowed(client, users.nobody, half);
}
