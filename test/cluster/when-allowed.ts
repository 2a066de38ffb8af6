import type { KubeClient } from '../../src/kube/kube-client.ts';
import { eventually } from './eventually.ts';

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

/**
 * Resolves when the authorizer knows of a right that was given: it learns of roles and of bindings by watches, each in
 * the order in which they were made. Whoever waits for the last one may count on those before it.
 */
export async function whenAllowed(
  admin: KubeClient,
  { name: user, groups }: Subject,
  resourceAttributes: AllowedAction,
): Promise<void> {
  const { verb, resource } = resourceAttributes;
  await eventually(`${user} may ${verb} ${resource}`, async () => {
    const { status } = await admin.request<{ readonly status: { readonly allowed: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { spec: { user, groups, resourceAttributes } },
    });
    return status.allowed;
  });
}

/** The ServiceAccount of a namespace as the API server sees it. */
export function accountOf(namespace: string, name: string): Subject {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}
