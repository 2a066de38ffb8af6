import { accountRbac } from './account-rbac.ts';
import type { Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { webhookConfigurationName } from './webhook-configurations.ts';

/** Roles and bindings of the account that jobs of an install or an upgrade run as, for as long as they do. */
export function installerRbac(installation: Installation): readonly SchemaObject[] {
  const { namespace, installerServiceAccount: name } = installation;
  return accountRbac({
    name,
    namespace,
    clusterRules,
    // RBAC cannot restrict a create by name: the name is not known when it is asked.
    namespaceRules: [...namespaceRules(installation), { ...secrets, verbs: ['create'] }],
  });
}

/** The same of the account that rotates: it changes what is there, and makes nothing. */
export function rotationRbac(installation: Installation): readonly SchemaObject[] {
  const { namespace, rotationServiceAccount: name } = installation;
  return accountRbac({ name, namespace, clusterRules, namespaceRules: namespaceRules(installation) });
}

const secrets = { apiGroups: [''], resources: ['secrets'] };

const clusterRules: readonly SchemaObject[] = [
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    resourceNames: [webhookConfigurationName],
    verbs: ['get', 'patch'],
  },
];

function namespaceRules(installation: Installation): readonly SchemaObject[] {
  return [
    {
      ...secrets,
      resourceNames: [installation.admissionPathSecret, installation.certificateSecret],
      verbs: ['get', 'update'],
    },
    // Where the replicas are that have to accept a path before the API server uses it.
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
  ];
}
