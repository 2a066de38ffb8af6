import { aiAnalysisKind } from '../../src/api/names.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';

/**
 * Whose an object is, for an analysis: its own; that of an earlier analysis of its name, which the garbage collector
 * removes; or somebody else's.
 */
export type Kinship = 'own' | 'earlier' | 'foreign';

/** Asks the owner reference with `controller: true`; a name alone proves nothing. */
export function kinshipOf(
  { metadata }: KubeObject,
  analysis: { readonly name: string; readonly uid: string },
): Kinship {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined || owner.kind !== aiAnalysisKind.kind) return 'foreign';
  if (!owner.apiVersion.startsWith(`${aiAnalysisKind.group}/`) || owner.name !== analysis.name)
    return 'foreign';
  return owner.uid === analysis.uid ? 'own' : 'earlier';
}
