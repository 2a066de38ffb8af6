import type { FakeObjects, StoredObject } from './fake-objects.ts';
import { applyConflict, invalid } from './fake-refusals.ts';
import { applyConflicts, leavesOf } from './field-owners.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { strategicallyMerged } from './merge-patch.ts';

type Query = Readonly<Record<string, string>>;

const patchOptions = { group: 'meta.k8s.io', plural: 'PatchOptions' };

/** @throws KubeStatusError 422 for an apply that does not say who applies */
export function fieldManagerOfApply(query: Query): string {
  const manager = query['fieldManager'] ?? '';
  if (manager === '') throw invalid(patchOptions, '', 'fieldManager', 'is required for apply patch');
  return manager;
}

/**
 * What a server-side apply makes of an object: its fields win, and what the same manager owned and applies no more
 * goes. Source: "Server-Side Apply" of the Kubernetes documentation.
 * @throws KubeStatusError 409 where it would change what another manager has set, and does not say `force`
 */
export function applied(
  objects: FakeObjects,
  live: StoredObject,
  applied: JsonObject,
  { query, manager }: { readonly query: Query; readonly manager: string },
): JsonObject {
  const owners = objects.ownersOf(live);
  const conflicts = query['force'] === 'true' ? [] : applyConflicts(owners, live, applied, manager);
  if (conflicts.length > 0) throw applyConflict(conflicts);
  const kept = leavesOf(applied);
  const pruned = structuredClone(live) as JsonObject;
  for (const [path, owner] of owners) {
    if (
      owner === manager &&
      !kept.has(path) &&
      ![...kept.keys()].some((leaf) => leaf.startsWith(`${path}/`))
    ) {
      removeLeaf(pruned, path);
    }
  }
  return strategicallyMerged(pruned, applied);
}

/** Removes a field, and the objects that are empty without it. */
function removeLeaf(object: JsonObject, path: string): void {
  const [key = '', ...rest] = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const child = object[key];
  if (rest.length === 0) delete object[key];
  else if (isJsonObject(child)) {
    removeLeaf(child, `/${rest.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`);
    if (Object.keys(child).length === 0) delete object[key];
  }
}
