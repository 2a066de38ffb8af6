import { isDeepStrictEqual } from 'node:util';
import type { KubeStatusCause } from '../../src/kube/kube-status-error.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Who last set each field of an object: JSON pointer -> field manager. A list is one field. */
export type FieldOwners = Map<string, string>;

/** Fields that nobody owns: the API server's, and those that say which object it is. */
const unowned = new Set(['apiVersion', 'kind', 'status']);
const ownedMetadata = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

/** The fields of an object that can be owned, by their JSON pointers. */
export function leavesOf(object: JsonObject): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (value: unknown, path: string): void => {
    if (!isJsonObject(value) || Object.keys(value).length === 0) leaves.set(path, value);
    else for (const [key, each] of Object.entries(value)) walk(each, `${path}/${escaped(key)}`);
  };
  for (const [key, value] of Object.entries(object)) {
    if (unowned.has(key)) continue;
    if (key !== 'metadata') walk(value, `/${key}`);
    else {
      for (const [field, each] of Object.entries(value as JsonObject)) {
        if (ownedMetadata.has(field)) walk(each, `/metadata/${field}`);
      }
    }
  }
  return leaves;
}

/** Notes that `manager` has turned one object into the other. */
export function noteOwners(
  owners: FieldOwners,
  before: JsonObject,
  after: JsonObject,
  manager: string,
): void {
  const [old, fresh] = [leavesOf(before), leavesOf(after)];
  for (const path of owners.keys()) if (!fresh.has(path)) owners.delete(path);
  for (const [path, value] of fresh) {
    if (!old.has(path) || !isDeepStrictEqual(old.get(path), value)) owners.set(path, manager);
  }
}

/** The fields that an apply would take from somebody else, with other values than they gave them. */
export function applyConflicts(
  owners: FieldOwners,
  live: JsonObject,
  applied: JsonObject,
  manager: string,
): readonly KubeStatusCause[] {
  const liveLeaves = leavesOf(live);
  return [...leavesOf(applied)].flatMap(([path, value]) => {
    const owner = owners.get(path);
    if (owner === undefined || owner === manager || isDeepStrictEqual(liveLeaves.get(path), value)) return [];
    const field = path.replaceAll('/', '.');
    return [{ reason: 'FieldManagerConflict', message: `conflict with ${JSON.stringify(owner)}`, field }];
  });
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
