import { KubeStatusError, type KubeStatusCause } from '../../src/kube/kube-status-error.ts';
import type { AddressedResource } from './addressed-resource.ts';

/** Refusals in the words of the real API server. Source: apimachinery pkg/api/errors. */

type Resource = Pick<AddressedResource, 'group' | 'plural'>;

function nameOf({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function refusal(
  code: number,
  reason: string,
  message: string,
  details: { name?: string; causes?: readonly KubeStatusCause[] } & Partial<Resource> = {},
): KubeStatusError {
  const { name, causes, group, plural } = details;
  return new KubeStatusError({
    code,
    reason,
    message,
    details: {
      ...(name === undefined || name === '' ? {} : { name }),
      ...(group === undefined || group === '' ? {} : { group }),
      ...(plural === undefined ? {} : { kind: plural }),
      ...(causes === undefined ? {} : { causes }),
    },
  });
}

/** 404 */
export function notFound(resource: Resource, name: string): KubeStatusError {
  return refusal(404, 'NotFound', `${nameOf(resource)} ${JSON.stringify(name)} not found`, {
    ...resource,
    name,
  });
}

/** 404, for a path that leads nowhere. */
export function noSuchPath(): KubeStatusError {
  return refusal(404, 'NotFound', 'the server could not find the requested resource');
}

/** 409 AlreadyExists */
export function alreadyExists(resource: Resource, name: string): KubeStatusError {
  const message = `${nameOf(resource)} ${JSON.stringify(name)} already exists`;
  return refusal(409, 'AlreadyExists', message, { ...resource, name });
}

/** 409 Conflict */
export function conflict(resource: Resource, name: string, why = changedMeanwhile): KubeStatusError {
  const message = `Operation cannot be fulfilled on ${nameOf(resource)} ${JSON.stringify(name)}: ${why}`;
  return refusal(409, 'Conflict', message, { ...resource, name });
}

const changedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 409 Conflict of a server-side apply. */
export function applyConflict(causes: readonly KubeStatusCause[]): KubeStatusError {
  const list = causes.map(({ message, field }) => `${message}: ${field}`).join('\n- ');
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  return refusal(409, 'Conflict', `Apply failed with ${count}: ${list}`, { causes });
}

/** 422 */
export function invalid(resource: Resource, name: string, field: string, why: string): KubeStatusError {
  const message = `${nameOf(resource)} ${JSON.stringify(name)} is invalid: ${field}: ${why}`;
  return refusal(422, 'Invalid', message, {
    ...resource,
    name,
    causes: [{ reason: 'FieldValueInvalid', message: why, field }],
  });
}

/** 400 */
export function badRequest(message: string): KubeStatusError {
  return refusal(400, 'BadRequest', message);
}

/** 415 */
export function unsupportedMediaType(contentType: string): KubeStatusError {
  const message = `the body of the request was in an unknown format: ${contentType}`;
  return refusal(415, 'UnsupportedMediaType', message);
}

/** 405 */
export function methodNotAllowed(): KubeStatusError {
  return refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}
