import { kubernetesExecutionKind } from '../api/names.ts';
import { deny, type Deny } from './verdict.ts';

/** A create of a name that exists, in the API server's own words. Source: apimachinery `errors.NewAlreadyExists`. */
export function alreadyExists(name: string): Deny {
  const message = `${kubernetesExecutionKind.plural}.${kubernetesExecutionKind.group} "${name}" already exists`;
  return deny(409, 'AlreadyExists', message, [{ reason: 'AlreadyExists', message }]);
}

/** No exact answer can be given now: retryable, and never with a Retry-After, which the API server would obey. */
export function slotsUnavailable(reason: string, why: string): Deny {
  const message = `stepgate cannot tell now whether a slot is free, and does not guess: ${why}. Try again.`;
  return deny(503, 'ServiceUnavailable', message, [{ reason, message }]);
}
