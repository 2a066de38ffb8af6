import type { KubeRequest } from '../../src/kube/kube-client.ts';
import type { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import type { AddressedResource } from './addressed-resource.ts';
import type { StoredObject } from './fake-objects.ts';
import { badRequest, conflict, invalid, unsupportedMediaType } from './fake-refusals.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { JsonPatchError, jsonPatched } from './json-patch.ts';
import { mergePatched, strategicallyMerged } from './merge-patch.ts';

/** Custom resources know no strategic merge, and no update that says nothing of the version it was made from. */
export function isCustomResource({ group }: Pick<AddressedResource, 'group'>): boolean {
  return group.includes('.') && !group.endsWith('.k8s.io');
}

/** The object that a write brings. @throws KubeStatusError 400 */
export function bodyOf({ body }: KubeRequest): JsonObject {
  if (!isJsonObject(body)) throw badRequest('the body of the request is no object');
  // What a client keeps, and changes later, is not what the API server has.
  const copy = JSON.parse(JSON.stringify(body)) as JsonObject;
  return { ...copy, metadata: isJsonObject(copy['metadata']) ? copy['metadata'] : {} };
}

/** What a patch, other than an apply, makes of an object. @throws KubeStatusError 415, 422 */
export function patched(live: JsonObject, request: KubeRequest, place: AddressedResource): JsonObject {
  const { contentType = 'application/json', body } = request;
  if (contentType === 'application/json-patch+json') {
    try {
      return jsonPatched(live, body);
    } catch (error) {
      if (!(error instanceof JsonPatchError)) throw error;
      throw invalid(place, '', 'patch', error.message);
    }
  }
  if (contentType === 'application/merge-patch+json') return mergePatched(live, bodyOf(request));
  if (contentType === 'application/strategic-merge-patch+json' && !isCustomResource(place)) {
    return strategicallyMerged(live, bodyOf(request));
  }
  throw unsupportedMediaType(contentType);
}

/** Why a write to an object is refused for what it says of that object's identity or version, if it is. */
export function staleness(
  live: StoredObject,
  draft: JsonObject,
  place: AddressedResource,
): KubeStatusError | undefined {
  const { name, uid, resourceVersion } = draft['metadata'] as {
    name?: string;
    uid?: string;
    resourceVersion?: string;
  };
  const target = live.metadata.name;
  if (name !== undefined && name !== target) {
    return badRequest(`the name of the object (${name}) does not match the name on the URL (${target})`);
  }
  if (uid !== undefined && uid !== live.metadata.uid) {
    const found = `UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
    return conflict(place, target, `Precondition failed: ${found}`);
  }
  const isStale = resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion;
  return isStale ? conflict(place, target) : undefined;
}

/**
 * The part of a draft that a write may change: of the status alone under `status`, all but the status otherwise.
 * Names cannot be changed by either.
 */
export function writable(live: StoredObject, draft: JsonObject, subresource: string | undefined): JsonObject {
  const { name, namespace } = live.metadata;
  if (subresource === 'status') return withStatus(live, draft['status']);
  const metadata = {
    ...(draft['metadata'] as JsonObject),
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  const { apiVersion, kind } = live;
  return withStatus({ ...draft, apiVersion, kind, metadata }, live['status']);
}

function withStatus(object: JsonObject, status: unknown): JsonObject {
  const { status: _status, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}
