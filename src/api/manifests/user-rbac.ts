import { approveVerb } from '../approval-annotations.ts';
import {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  type ResourceKind,
  workflowExecutionKind,
} from '../names.ts';
import { rule } from './account-rbac.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { defaultInstallationName, manifestLabels } from './installation.ts';
import { runVerb } from './token-request-policy.ts';
import type { SchemaObject } from './structural-schema.ts';

const reading = ['get', 'list', 'watch'];
const writing = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/**
 * ClusterRoles that nobody is bound to. For people: `…-viewer`, `…-editor`, `…-approver`. What a viewer and an editor
 * may do joins the ClusterRoles view and edit, and through them admin. Approving joins none of them: to run a namespace
 * is one thing, to answer for what runs in it another. `…-action-account` is for ServiceAccounts: actions act as those alone that
 * are bound to it.
 */
export function userRoles(): readonly SchemaObject[] {
  return [
    role(
      'viewer',
      { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
      servedKinds().map((kind) => rule(kind, reading)),
    ),
    role('editor', { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' }, [
      rule(workflowExecutionKind, writing),
      rule(kubernetesExecutionKind, writing),
      rule(aiAnalysisKind, writing),
      // Whoever may create workflows may say in an analysis what is to run.
      rule(aiAnalysisKind, ['get', 'update', 'patch'], 'status'),
    ]),
    role('approver', {}, [
      rule(workflowExecutionKind, [...reading, 'patch', approveVerb]),
      rule(aiApprovalRequestKind, [...reading, approveVerb]),
      rule(aiApprovalRequestKind, ['get', 'patch'], 'status'),
    ]),
    role('action-account', {}, [rule(kubernetesExecutionKind, [runVerb])]),
  ];
}

/** Every kind that is installed: reading one gives away nothing of the others. */
function servedKinds(): readonly Pick<ResourceKind, 'group' | 'plural'>[] {
  return customResourceDefinitions().map(({ spec }) => {
    const { group, names } = spec as { readonly group: string; readonly names: { readonly plural: string } };
    return { group, plural: names.plural };
  });
}

function role(
  name: string,
  labels: Readonly<Record<string, string>>,
  rules: readonly SchemaObject[],
): SchemaObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `${defaultInstallationName}-${name}`, labels: { ...manifestLabels, ...labels } },
    rules,
  };
}
