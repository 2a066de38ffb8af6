import {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  workflowExecutionKind,
} from '../names.ts';
import { useVerb } from '../service-account.ts';
import { accountRbac, rule } from './account-rbac.ts';
import type { Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';

const serviceAccounts = { group: '', plural: 'serviceaccounts' };
const leases = { group: 'coordination.k8s.io', plural: 'leases' };

/**
 * Roles and bindings of the controller's account. Actions never have these rights: they act as a ServiceAccount of
 * their workflow's namespace.
 */
export function controllerRbac(installation: Installation): readonly SchemaObject[] {
  const { namespace, controllerServiceAccount: name } = installation;
  return accountRbac({ name, namespace, clusterRules, namespaceRules: namespaceRules(installation) });
}

const clusterRules: readonly SchemaObject[] = [
  // create: the workflow that an analysis recommends.
  rule(workflowExecutionKind, ['get', 'list', 'watch', 'create']),
  rule(workflowExecutionKind, ['patch'], 'status'),
  // Its executions block the deletion of their workflow: OwnerReferencesPermissionEnforcement asks for this.
  rule(workflowExecutionKind, ['update'], 'finalizers'),
  rule(kubernetesExecutionKind, ['get', 'list', 'watch', 'create']),
  rule(kubernetesExecutionKind, ['update'], 'status'),
  // It acts upon analyses and asks for approval; it can neither analyse nor decide, nor change what was asked.
  rule(aiAnalysisKind, ['get', 'list', 'watch']),
  rule(aiAnalysisKind, ['patch'], 'status'),
  rule(aiApprovalRequestKind, ['get', 'list', 'watch', 'create']),
  rule(aiApprovalRequestKind, ['patch'], 'status'),
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  // An action acts as a ServiceAccount of its namespace, with a token that is made for it.
  rule(serviceAccounts, ['create'], 'token'),
  // Whom a workflow names was checked when it was written; its executions are created in the name of the controller.
  rule(serviceAccounts, [useVerb]),
];

function namespaceRules(installation: Installation): readonly SchemaObject[] {
  return [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: [installation.configMap],
      verbs: ['list', 'watch'],
    },
    { ...rule(leases, ['get', 'list', 'watch', 'update']), resourceNames: [installation.controllerLease] },
    // RBAC cannot restrict a create by name: the name is not known when it is asked.
    rule(leases, ['create']),
  ];
}
