import type { KubeClient } from '../../src/kube/kube-client.ts';

/** Somebody, by the API server's names. */
export interface Subject {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What somebody may do. Source: authorization/v1 `ResourceAttributes`. */
export interface AllowedAction {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Absent: in all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
}

/** What of a Role is looked at here. Source: rbac/v1 `PolicyRule`. */
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Whether the authorizer knows of a right: it learns of roles and of bindings by watches, after they are stored. */
export async function isAllowed(
  admin: KubeClient,
  { name: user, groups }: Subject,
  resourceAttributes: AllowedAction,
): Promise<boolean> {
  const { status } = await admin.request<{ readonly status: { readonly allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: { spec: { user, groups, resourceAttributes } },
  });
  return status.allowed;
}

/** The first thing that a rule of a Role allows there. */
export function firstOfRule(
  { verbs, apiGroups, resources, resourceNames = [] }: Rule,
  namespace: string,
): AllowedAction {
  const [resource = '', subresource] = (resources[0] ?? '').split('/');
  const [name] = resourceNames;
  return {
    namespace,
    verb: verbs[0] ?? '',
    group: apiGroups[0] ?? '',
    resource,
    ...(subresource !== undefined && { subresource }),
    ...(name !== undefined && { name }),
  };
}

/** The ServiceAccount of a namespace as the API server sees it. */
export function accountOf(namespace: string, name: string): Subject {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}
