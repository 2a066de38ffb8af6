import {
  aiAnalysisKind,
  aiApprovalRequestKind,
  kubernetesExecutionKind,
  slotJournalKind,
  workflowExecutionKind,
} from '../names.ts';
import { accountRbac, rule } from './account-rbac.ts';
import type { Installation } from './installation.ts';
import { requiredDefinitions } from './required-definitions.ts';
import type { SchemaObject } from './structural-schema.ts';
import { webhookConfigurationName } from './webhook-configurations.ts';

/** Roles and bindings of the webhook's account: what its work needs and nothing else. */
export function webhookRbac(installation: Installation): readonly SchemaObject[] {
  const { namespace, webhookServiceAccount: name } = installation;
  return accountRbac({ name, namespace, clusterRules, namespaceRules: namespaceRules(installation) });
}

const clusterRules: readonly SchemaObject[] = [
  // patch: executions from before the installation get their label.
  rule(kubernetesExecutionKind, ['get', 'list', 'watch', 'patch']),
  rule(workflowExecutionKind, ['get', 'list', 'watch']),
  // A workflow that refers to a decision: whether it was made, and on what.
  rule(aiApprovalRequestKind, ['get']),
  rule(aiAnalysisKind, ['get']),
  rule(slotJournalKind, ['get', 'list', 'watch', 'create', 'update']),
  // Who may approve is asked of the API server, for the user of the request.
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  // Its uid tells this installation from every other.
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations'],
    resourceNames: [webhookConfigurationName],
    verbs: ['get'],
  },
  // Whoever brings kinds of their own may have left out what the limit rests on.
  {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    resourceNames: requiredDefinitions().map(({ name }) => name),
    verbs: ['get'],
  },
];

function namespaceRules(installation: Installation): readonly SchemaObject[] {
  return [
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: [installation.configMap],
      verbs: ['list', 'watch'],
    },
  ];
}
