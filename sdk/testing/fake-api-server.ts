import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { objectKey } from '../../src/kube/kube-object.ts';
import { type AddressedResource, addressedResource } from './addressed-resource.ts';
import { applied, fieldManagerOfApply } from './fake-apply.ts';
import { collectionOf, type FakeObjects, type StoredObject, type WritePlace } from './fake-objects.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  noSuchPath,
  notFound,
} from './fake-refusals.ts';
import { isSelected, watchObjects } from './fake-watch.ts';
import { bodyOf, isCustomResource, patched, staleness, writable } from './fake-writes.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { scaleOf, scaled } from './scale.ts';
import { servedKinds } from './served-kinds.ts';

const applyPatch = 'application/apply-patch+yaml';

/** Does what a request asks for, and answers as the API server would. @throws KubeStatusError */
export function answerRequest(objects: FakeObjects, request: KubeRequest): unknown {
  const { method } = request;
  const kinds = method === 'GET' ? servedKinds(objects, request.path) : undefined;
  if (kinds !== undefined) return kinds;
  const place = placeOf(request);
  if (place.name === undefined) {
    if (method === 'GET') return list(objects, place, request);
    if (method === 'POST') return create(objects, place, request);
    if (method === 'DELETE') return deleteCollection(objects, place, request);
    throw methodNotAllowed();
  }
  const { subresource } = place;
  if (subresource === 'eviction' && place.plural === 'pods' && method === 'POST') {
    return remove(objects, place, request);
  }
  if (subresource !== undefined && subresource !== 'status' && subresource !== 'scale') throw noSuchPath();
  if (method === 'GET') return shown(live(objects, place), subresource);
  if (method === 'PUT') return update(objects, place, request);
  if (method === 'PATCH') return patch(objects, place, request);
  if (method === 'DELETE' && subresource === undefined) return remove(objects, place, request);
  throw methodNotAllowed();
}

/** A watch, as the API server would send it. @throws KubeStatusError */
export function streamOf(
  objects: FakeObjects,
  request: KubeRequest,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const place = placeOf(request);
  if (request.query?.['watch'] === undefined) throw badRequest('the fake streams watches alone');
  return watchObjects(objects, place, request.query, signal);
}

function placeOf({ path }: KubeRequest): AddressedResource {
  const place = addressedResource(path);
  if (place === undefined) throw noSuchPath();
  return place;
}

function live(objects: FakeObjects, place: AddressedResource): StoredObject {
  const { namespace, name = '' } = place;
  const object = objects.get(collectionOf(place), namespace, name);
  if (object === undefined) throw notFound(place, name);
  return object;
}

function shown(object: StoredObject, subresource: string | undefined): JsonObject {
  return subresource === 'scale' ? scaleOf(object) : object;
}

function list(objects: FakeObjects, place: AddressedResource, { query = {} }: KubeRequest): JsonObject {
  const { group, version } = place;
  const items = objects.list(collectionOf(place)).filter((object) => isSelected(object, place, query));
  return {
    kind: 'List',
    apiVersion: group === '' ? version : `${group}/${version}`,
    metadata: { resourceVersion: objects.resourceVersion },
    items: items
      .toSorted((left, right) => (objectKey(left.metadata) < objectKey(right.metadata) ? -1 : 1))
      .map((item) => (isCustomResource(place) ? item : withoutKind(item))),
  };
}

/** Items of a list of a built-in kind do not say their kind: the list does. */
function withoutKind({ apiVersion: _version, kind: _kind, ...item }: StoredObject): JsonObject {
  return item;
}

function create(objects: FakeObjects, place: AddressedResource, request: KubeRequest): StoredObject {
  const draft = bodyOf(request);
  const metadata = draft['metadata'] as { name?: string; generateName?: string };
  const { generateName = '' } = metadata;
  const generated =
    generateName === '' ? undefined : `${generateName}${Math.random().toString(36).slice(2, 7)}`;
  const name = metadata.name ?? generated;
  if (name === undefined) {
    throw invalid(place, '', 'metadata.name', 'Required value: name or generateName is required');
  }
  if (objects.get(collectionOf(place), place.namespace, name) !== undefined) throw alreadyExists(place, name);
  return objects.create(named(draft, place, name), writePlace(place, request));
}

function named(draft: JsonObject, { namespace }: AddressedResource, name: string): JsonObject {
  const metadata = {
    ...(draft['metadata'] as JsonObject),
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { ...draft, metadata };
}

function update(objects: FakeObjects, place: AddressedResource, request: KubeRequest): JsonObject {
  const object = live(objects, place);
  const draft = bodyOf(request);
  const { resourceVersion } = draft['metadata'] as { resourceVersion?: string };
  if (resourceVersion === undefined && isCustomResource(place)) {
    throw invalid(
      place,
      object.metadata.name,
      'metadata.resourceVersion',
      'Invalid value: must be specified for an update',
    );
  }
  return replace(objects, place, request, object, draft);
}

function patch(objects: FakeObjects, place: AddressedResource, request: KubeRequest): JsonObject {
  const { query = {}, contentType } = request;
  if (contentType !== applyPatch) {
    const object = live(objects, place);
    return replace(
      objects,
      place,
      request,
      object,
      patched(shown(object, place.subresource), request, place),
    );
  }
  const manager = fieldManagerOfApply(query);
  const { name = '', namespace } = place;
  const object = objects.get(collectionOf(place), namespace, name);
  const body = bodyOf(request);
  if (object === undefined) return objects.create(named(body, place, name), writePlace(place, request));
  const stale = staleness(object, body, place);
  if (stale !== undefined) throw stale;
  return replace(objects, place, request, object, applied(objects, object, body, { query, manager }));
}

function replace(
  objects: FakeObjects,
  place: AddressedResource,
  request: KubeRequest,
  object: StoredObject,
  draft: JsonObject,
): JsonObject {
  const stale = staleness(object, draft, place);
  if (stale !== undefined) throw stale;
  const isScale = place.subresource === 'scale';
  const after = isScale ? scaled(object, draft) : writable(object, draft, place.subresource);
  return shown(objects.update(object, after, writePlace(place, request)), place.subresource);
}

function remove(objects: FakeObjects, place: AddressedResource, request: KubeRequest): unknown {
  const object = live(objects, place);
  const options = isJsonObject(request.body) ? request.body : {};
  const wanted = isJsonObject(options['deleteOptions']) ? options['deleteOptions'] : options;
  const { uid, resourceVersion } = (wanted['preconditions'] ?? {}) as {
    uid?: string;
    resourceVersion?: string;
  };
  const { metadata } = object;
  if (
    (uid ?? metadata.uid) !== metadata.uid ||
    (resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion
  ) {
    throw conflict(place, metadata.name, 'Precondition failed');
  }
  const left = objects.delete(object, writePlace(place, request));
  const { group, plural } = place;
  const details = {
    name: metadata.name,
    ...(group === '' ? {} : { group }),
    kind: plural,
    uid: metadata.uid,
  };
  return left ?? { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function deleteCollection(objects: FakeObjects, place: AddressedResource, request: KubeRequest): unknown {
  const { query = {} } = request;
  const selected = objects.list(collectionOf(place)).filter((object) => isSelected(object, place, query));
  for (const object of selected) objects.delete(object, writePlace(place, request));
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
}

function writePlace(resource: AddressedResource, { query = {} }: KubeRequest): WritePlace {
  return {
    resource,
    manager: query['fieldManager'] ?? 'stepgate',
    dryRun: query['dryRun'] !== undefined,
  };
}
