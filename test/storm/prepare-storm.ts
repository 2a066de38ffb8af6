import { kubernetesExecutionKind, workflowExecutionKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { users } from '../cluster/users.ts';
import { whenAllowed } from '../cluster/when-allowed.ts';
import type { StormWorkflow } from './board.ts';

const namespaces = ['storm-a', 'storm-b', 'storm-c'] as const;

/** The workflows of a storm, over several namespaces; one has a name that fits no label. */
export function stormWorkflows(count: number): StormWorkflow[] {
  return Array.from({ length: count }, (_, index) => {
    const namespace = namespaces[index % namespaces.length] ?? namespaces[0];
    const name = index === 3 ? `${'long-'.repeat(14)}workflow` : `workflow-${index}`;
    return { namespace, name, key: `${namespace}/${name}` };
  });
}

/** Makes the namespaces and the workflows, and gives developers what their work needs. */
export async function prepareStorm(admin: KubeClient, workflows: readonly StormWorkflow[]): Promise<void> {
  for (const name of namespaces) {
    await admin.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
  }
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const { group, plural } = kubernetesExecutionKind;
  await admin.request({
    method: 'POST',
    path: `${rbac}/clusterroles`,
    body: {
      metadata: { name: 'storm' },
      rules: [{ apiGroups: [group], resources: [plural, `${plural}/status`], verbs: ['*'] }],
    },
  });
  await admin.request({
    method: 'POST',
    path: `${rbac}/clusterrolebindings`,
    body: {
      metadata: { name: 'storm' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'storm' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: users.developer.groups[0] ?? '' },
      ],
    },
  });
  await whenAllowed(admin, users.developer, { verb: 'create', group, resource: plural });
  for (const { namespace, name } of workflows) {
    await admin.request({
      method: 'POST',
      path: resourcePath(workflowExecutionKind, { namespace }),
      body: makeWorkflow(name).inNamespace(namespace).steps(3).build(),
    });
  }
}
