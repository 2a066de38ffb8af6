import type { ResourceKind } from '../names.ts';
import { manifestLabels } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';

/** What one account of an installation may do. */
export interface AccountRights {
  /** Name of the roles and bindings, and of the ServiceAccount unless it has another. */
  readonly name: string;
  /** Name of the ServiceAccount. */
  readonly account?: string;
  /** Its namespace. */
  readonly namespace: string;
  /** In all namespaces, and of what lives in none. */
  readonly clusterRules: readonly SchemaObject[];
  /** In its own namespace. */
  readonly namespaceRules: readonly SchemaObject[];
}

const version = 'rbac.authorization.k8s.io/v1';
const group = 'rbac.authorization.k8s.io';

/** Roles and bindings of an account. */
export function accountRbac(rights: AccountRights): readonly SchemaObject[] {
  const { name, account = name, namespace, clusterRules, namespaceRules } = rights;
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
  return [
    {
      apiVersion: version,
      kind: 'ClusterRole',
      metadata: { name, labels: manifestLabels },
      rules: clusterRules,
    },
    {
      apiVersion: version,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels: manifestLabels },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects,
    },
    {
      apiVersion: version,
      kind: 'Role',
      metadata: { name, namespace, labels: manifestLabels },
      rules: namespaceRules,
    },
    {
      apiVersion: version,
      kind: 'RoleBinding',
      metadata: { name, namespace, labels: manifestLabels },
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects,
    },
  ];
}

/** The rule that gives verbs on a kind, or on one of its subresources. */
export function rule(
  { group, plural }: Pick<ResourceKind, 'group' | 'plural'>,
  verbs: readonly string[],
  subresource?: string,
): SchemaObject {
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { apiGroups: [group], resources: [resource], verbs };
}
