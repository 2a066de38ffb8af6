import type { ResourceKind } from '../../src/api/names.ts';
import { type KubeObject, objectKey } from '../../src/kube/kube-object.ts';

/** Keys to reconcile after a change, as a Source takes it. */
export type KeysOf<T extends KubeObject> = (item: T, before?: T) => readonly string[];

/** The key of the object itself. */
export const ownKey: KeysOf<KubeObject> = ({ metadata }) => [objectKey(metadata)];

/**
 * The keys of those of a kind that control an object (`controller: true` in its ownerReferences), before a change and
 * after it. An owner lives in the namespace of what it owns. Versions of the kind's group do not count.
 *
 * @example
 * { store: executions, keysOf: ownerKeys(workflowExecutionKind) }
 */
export function ownerKeys(kind: Pick<ResourceKind, 'group' | 'kind'>): KeysOf<KubeObject> {
  const keysIn = ({ metadata }: KubeObject): string[] =>
    (metadata.ownerReferences ?? [])
      .filter((owner) => owner.controller === true && owner.kind === kind.kind)
      .filter((owner) => groupOf(owner.apiVersion) === kind.group)
      .map(({ name }) => objectKey({ ...metadata, name }));
  return (item, before) => [...new Set([...keysIn(item), ...(before === undefined ? [] : keysIn(before))])];
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
