import { runVerb } from '../../src/api/manifests/token-request-policy.ts';
import { kubernetesExecutionKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { accountOf, firstOfRule, whenAllowed } from './when-allowed.ts';

/** A rule of a Role. Source: rbac/v1 `PolicyRule`. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** ConfigMaps, whatever actions of tests do with them. */
export const configMapRules: readonly RoleRule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'update', 'patch'] },
];

/** Creates the ServiceAccount that actions of a namespace act as by default, with these rights there. */
export async function createRunnerAccount(
  client: KubeClient,
  namespace: string,
  rules: readonly RoleRule[] = configMapRules,
): Promise<void> {
  const metadata = { name: 'stepgate-runner' };
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const objects: readonly (readonly [path: string, body: object])[] = [
    [`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata }],
    [`${rbac}/roles`, { metadata, rules }],
    [
      `${rbac}/rolebindings`,
      {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace }],
      },
    ],
  ];
  for (const [path, body] of objects) await client.request({ method: 'POST', path, body });
  await letRunExecutions(client, namespace, metadata.name);
  const [rule] = rules;
  if (rule === undefined) return;
  await whenAllowed(client, accountOf(namespace, metadata.name), firstOfRule(rule, namespace));
}

/** Lets actions act as that ServiceAccount, by a Role of the namespace, and resolves when the authorizer knows it. */
export async function letRunExecutions(client: KubeClient, namespace: string, name: string): Promise<void> {
  const { group, plural: resource } = kubernetesExecutionKind;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const metadata = { name: `${name}-runs-executions` };
  const rules = [{ apiGroups: [group], resources: [resource], verbs: [runVerb] }];
  await client.request({ method: 'POST', path: `${rbac}/roles`, body: { metadata, rules } });
  await client.request({
    method: 'POST',
    path: `${rbac}/rolebindings`,
    body: {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  });
  await whenAllowed(client, accountOf(namespace, name), { verb: runVerb, group, resource, namespace });
}
