import { pluralOfKind } from './addressed-resource.ts';
import { type FakeObjects, resourceOfObject } from './fake-objects.ts';

/** Kinds that every API server serves, by `group/version`. Those in parentheses live in no namespace. */
const builtIn: Readonly<Record<string, string>> = {
  v1: 'ConfigMap Endpoints PersistentVolumeClaim Pod ReplicationController Secret Service ServiceAccount (Namespace) (Node) (PersistentVolume)',
  'apps/v1': 'DaemonSet Deployment ReplicaSet StatefulSet',
  'autoscaling/v2': 'HorizontalPodAutoscaler',
  'batch/v1': 'CronJob Job',
  'networking.k8s.io/v1': 'Ingress NetworkPolicy',
  'policy/v1': 'PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1': 'Role RoleBinding (ClusterRole) (ClusterRoleBinding)',
  'workflowexecution.kubernaut.io/v1alpha1': 'WorkflowExecution',
  'kubernetesexecution.kubernaut.io/v1alpha1': 'KubernetesExecution',
};

/**
 * What discovery answers for a path such as `/apis/apps/v1`: built-in kinds, and those of which there is an object.
 * Undefined for any other path, and for a version that is not served.
 */
export function servedKinds(objects: FakeObjects, path: string): object | undefined {
  const groupVersion = /^\/api\/(v1)$/.exec(path)?.[1] ?? /^\/apis\/([^/]+\/[^/]+)$/.exec(path)?.[1];
  if (groupVersion === undefined) return undefined;
  const kinds = new Map<string, boolean>();
  for (const word of builtIn[groupVersion]?.split(' ') ?? []) {
    kinds.set(word.replaceAll(/[()]/g, ''), !word.startsWith('('));
  }
  for (const object of objects.all()) {
    const { group, version } = resourceOfObject(object);
    if (object.kind === undefined || groupVersion !== (group === '' ? version : `${group}/${version}`))
      continue;
    if (!kinds.has(object.kind)) kinds.set(object.kind, object.metadata.namespace !== undefined);
  }
  if (kinds.size === 0) return undefined;
  const resources = [...kinds].map(([kind, namespaced]) => ({ name: pluralOfKind(kind), kind, namespaced }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
