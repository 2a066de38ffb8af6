import { isJsonObject, type JsonObject } from './json.ts';

/** How a list in a patch meets the list that is there; undefined: it takes its place. */
export type MergeKeyOf = (field: string) => string | undefined;

/** The document after a JSON merge patch: null removes, objects merge, all else replaces. Source: RFC 7396. */
export function mergePatched(document: JsonObject, patch: JsonObject): JsonObject {
  return merged(document, patch, () => undefined);
}

/**
 * The document after a strategic merge patch: as a merge patch, but lists whose items have an identity merge by it.
 * Of the directives it knows `$patch: delete` in such a list.
 */
export function strategicallyMerged(document: JsonObject, patch: JsonObject): JsonObject {
  return merged(document, patch, mergeKeyOfList);
}

/** Lists of built-in kinds that merge by item. Source: `patchMergeKey` in k8s.io/api. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  hostAliases: 'ip',
  conditions: 'type',
  ownerReferences: 'uid',
};

/** The field by which items of this list are told apart, where they are. */
export function mergeKeyOfList(field: string): string | undefined {
  return mergeKeys[field];
}

function merged(document: JsonObject, patch: JsonObject, mergeKeyOf: MergeKeyOf): JsonObject {
  const result: JsonObject = { ...document };
  for (const [field, value] of Object.entries(patch)) {
    const before = result[field];
    if (value === null) delete result[field];
    else if (isJsonObject(value))
      result[field] = merged(isJsonObject(before) ? before : {}, value, mergeKeyOf);
    else result[field] = listMerged(before, value, mergeKeyOf(field), mergeKeyOf);
  }
  return result;
}

function listMerged(
  before: unknown,
  value: unknown,
  mergeKey: string | undefined,
  mergeKeyOf: MergeKeyOf,
): unknown {
  if (mergeKey === undefined || !Array.isArray(value)) return structuredClone(value);
  const items: unknown[] = Array.isArray(before) ? [...before] : [];
  for (const patch of value as readonly JsonObject[]) {
    const index = items.findIndex((item) => isJsonObject(item) && item[mergeKey] === patch[mergeKey]);
    if (patch['$patch'] === 'delete') {
      if (index >= 0) items.splice(index, 1);
    } else if (index < 0) items.push(merged({}, patch, mergeKeyOf));
    else items[index] = merged(items[index] as JsonObject, patch, mergeKeyOf);
  }
  return items;
}
