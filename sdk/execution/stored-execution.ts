import type {
  KubernetesExecutionSpec,
  KubernetesExecutionStatus,
} from '../../src/api/kubernetes-execution.ts';
import { kubernetesExecutionKind } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';

/** An execution as the API server stores it. One from before the kind's schema, or of a newer one, may lack anything. */
export interface StoredExecution extends KubeObject {
  readonly spec?: Partial<KubernetesExecutionSpec>;
  readonly status?: KubernetesExecutionStatus;
}

/** What an Event about an execution is about. */
export function regardingExecution({ metadata }: StoredExecution) {
  const { group, version, kind } = kubernetesExecutionKind;
  const { name, namespace = '', uid } = metadata;
  return { apiVersion: `${group}/${version}`, kind, name, namespace, uid };
}
