import { aiAnalysisKind } from '../../src/api/names.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/kube-object.ts';

/** True for an object that this very analysis owns, by the reference with `controller: true`: a name proves nothing. */
export function isOwnedBy({ metadata }: KubeObject, analysis: Pick<ObjectMeta, 'name' | 'uid'>): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return (
    owner?.kind === aiAnalysisKind.kind &&
    owner.apiVersion.startsWith(`${aiAnalysisKind.group}/`) &&
    owner.uid === analysis.uid
  );
}
