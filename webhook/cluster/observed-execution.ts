import { workflowAnnotation, workflowExecutionKind, workflowLabel } from '../../src/api/names.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/kube-object.ts';
import type { ObservedExecution } from '../journal/execution-view.ts';

/** An execution as its metadata shows it. */
export function observeExecution({ metadata }: KubeObject): ObservedExecution {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    workflow: workflowInMetadata(metadata),
  };
}

/**
 * The workflow that the metadata names. Every execution that was admitted has the label, or the annotation; an
 * owner is what those from before the installation may have instead.
 */
function workflowInMetadata(metadata: ObjectMeta): string | undefined {
  const mark = markOf(metadata);
  if (mark !== '') return mark;
  const { kind, group } = workflowExecutionKind;
  return metadata.ownerReferences?.find(
    (owner) => owner.controller === true && owner.kind === kind && owner.apiVersion.startsWith(`${group}/`),
  )?.name;
}

/** True where the label or the annotation names the workflow, which nobody can change any more. */
export function isMarked({ metadata }: KubeObject): boolean {
  return markOf(metadata) !== '';
}

function markOf({ labels, annotations }: ObjectMeta): string {
  return labels?.[workflowLabel] || annotations?.[workflowAnnotation] || '';
}

/** Of an object whose `managedFields` and the like nobody reads: what is kept of 10,000 executions should be little. */
export function shrinkExecution(item: KubeObject): KubeObject {
  const { namespace, name, uid, resourceVersion, labels, annotations, ownerReferences } = item.metadata;
  const label = labels?.[workflowLabel];
  const annotation = annotations?.[workflowAnnotation];
  return {
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid,
      resourceVersion,
      ...(label === undefined ? {} : { labels: { [workflowLabel]: label } }),
      ...(annotation === undefined ? {} : { annotations: { [workflowAnnotation]: annotation } }),
      ...(label === undefined && annotation === undefined && ownerReferences ? { ownerReferences } : {}),
    },
  };
}
