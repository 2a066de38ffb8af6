import { executionIdentityPolicyName } from '../../../src/api/manifests/execution-identity-policy.ts';
import { rollbackMarkPolicyName } from '../../../src/api/manifests/rollback-mark-policy.ts';
import { statusWriterPolicyName } from '../../../src/api/manifests/status-writer-policy.ts';
import { tokenRequestPolicyName } from '../../../src/api/manifests/token-request-policy.ts';
import type { ClusterChange } from './guard.ts';
import type { ThreatCluster } from './threat-cluster.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
const rulesPath = '/spec/versions/0/schema/openAPIV3Schema/x-kubernetes-validations';

/**
 * Takes a guard away that stands in the cluster and not in the webhook; the function it answers puts it back. The API
 * server takes both into use within a second, and does not say when.
 */
export async function changeCluster(
  cluster: ThreatCluster,
  change: ClusterChange,
): Promise<() => Promise<void>> {
  switch (change) {
    case 'no-identity-policy':
      return removeBinding(cluster, executionIdentityPolicyName);
    case 'no-rollback-policy':
      return removeBinding(cluster, rollbackMarkPolicyName);
    case 'no-status-policy':
      return removeBinding(cluster, statusWriterPolicyName);
    case 'no-token-policy':
      return removeBinding(cluster, tokenRequestPolicyName);
    case 'no-rules-on-executions':
      return removeRules(cluster, 'kubernetesexecutions.kubernetesexecution.kubernaut.io');
    case 'no-rules-on-workflows':
      return removeRules(cluster, 'workflowexecutions.workflowexecution.kubernaut.io');
    case 'all-may-impersonate':
      return letAllImpersonate(cluster);
  }
}

async function removeBinding({ client }: ThreatCluster, name: string): Promise<() => Promise<void>> {
  const admin = client('admin');
  const path = `${bindings}/${name}`;
  const { spec } = await admin.request<{ readonly spec: object }>({ method: 'GET', path });
  await admin.request({ method: 'DELETE', path });
  return async () => {
    await admin.request({ method: 'POST', path: bindings, body: { metadata: { name }, spec } });
  };
}

interface Crd {
  readonly spec: {
    readonly versions: readonly [
      { readonly schema: { readonly openAPIV3Schema: { readonly 'x-kubernetes-validations': unknown } } },
    ];
  };
}

/** The transition rules stand at the root of the schema. */
async function removeRules({ client }: ThreatCluster, crd: string): Promise<() => Promise<void>> {
  const path = `${crds}/${crd}`;
  const { spec } = await client('admin').request<Crd>({ method: 'GET', path });
  const value = spec.versions[0].schema.openAPIV3Schema['x-kubernetes-validations'];
  const patch = async (operation: object): Promise<void> => {
    const contentType = 'application/json-patch+json';
    await client('admin').request({ method: 'PATCH', path, contentType, body: [operation] });
  };
  await patch({ op: 'remove', path: rulesPath });
  return () => patch({ op: 'add', path: rulesPath, value });
}

async function letAllImpersonate({ controlPlane }: ThreatCluster): Promise<() => Promise<void>> {
  const name = 'impersonator';
  const everybody = [`--clusterrole=${name}`, '--group=system:authenticated'];
  await controlPlane.kubectl([
    'create',
    'clusterrole',
    name,
    '--verb=impersonate',
    '--resource=users,groups',
  ]);
  await controlPlane.kubectl(['create', 'clusterrolebinding', name, ...everybody]);
  return async () => {
    await controlPlane.kubectl(['delete', 'clusterrolebinding', name]);
    await controlPlane.kubectl(['delete', 'clusterrole', name]);
  };
}
