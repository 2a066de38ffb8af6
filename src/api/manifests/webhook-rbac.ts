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

/** What the same account needs besides where it makes its certificates itself: the name has `-certificates` behind it. */
export function webhookCertificatesRbac(installation: Installation): readonly SchemaObject[] {
  const { namespace, webhookServiceAccount: account } = installation;
  const secret = { apiGroups: [''], resources: ['secrets'] };
  return accountRbac({
    name: `${account}-certificates`,
    account,
    namespace,
    clusterRules: [
      // The authority of the certificate is kept in the two configurations, where no one else does it.
      configurationRule(
        ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
        ['get', 'list', 'watch', 'patch'],
      ),
    ],
    namespaceRules: [
      {
        ...secret,
        resourceNames: [installation.certificateSecret],
        verbs: ['get', 'list', 'watch', 'update'],
      },
      // RBAC cannot restrict a create by name: the name is not known when it is asked.
      { ...secret, verbs: ['create'] },
    ],
  });
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
  configurationRule(['validatingwebhookconfigurations'], ['get']),
  // Whoever brings kinds of their own may have left out what the limit rests on.
  {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    resourceNames: requiredDefinitions().map(({ name }) => name),
    verbs: ['get'],
  },
];

function configurationRule(resources: readonly string[], verbs: readonly string[]): SchemaObject {
  const apiGroups = ['admissionregistration.k8s.io'];
  return { apiGroups, resources, resourceNames: [webhookConfigurationName], verbs };
}

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
