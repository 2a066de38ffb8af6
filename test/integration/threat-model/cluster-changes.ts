import { executionIdentityPolicyName } from '../../../src/api/manifests/execution-identity-policy.ts';
import type { ClusterChange } from './guard.ts';
import type { ThreatCluster } from './threat-cluster.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * Takes a guard away that stands in the cluster and not in the webhook. It stays away, once the API server has taken
 * that into use: it does so within a second, and does not say when.
 */
export async function changeCluster(cluster: ThreatCluster, change: ClusterChange): Promise<void> {
  const admin = cluster.client('admin');
  switch (change) {
    case 'no-identity-policy':
      await admin.request({
        method: 'DELETE',
        path: `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/${executionIdentityPolicyName}`,
      });
      break;
    case 'no-rules-on-executions':
      await removeRules(cluster, 'kubernetesexecutions.kubernetesexecution.kubernaut.io');
      break;
    case 'no-rules-on-workflows':
      await removeRules(cluster, 'workflowexecutions.workflowexecution.kubernaut.io');
      break;
    case 'all-may-impersonate': {
      const role = ['create', 'clusterrole', 'impersonator', '--verb=impersonate', '--resource=users,groups'];
      await cluster.controlPlane.kubectl(role);
      await cluster.controlPlane.kubectl([
        'create',
        'clusterrolebinding',
        'impersonator',
        '--clusterrole=impersonator',
        '--group=system:authenticated',
      ]);
    }
  }
}

/** The transition rules stand at the root of the schema. */
async function removeRules({ client }: ThreatCluster, crd: string): Promise<void> {
  await client('admin').request({
    method: 'PATCH',
    path: `${crds}/${crd}`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'remove', path: '/spec/versions/0/schema/openAPIV3Schema/x-kubernetes-validations' }],
  });
}
