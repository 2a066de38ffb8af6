import { kubernetesExecutionKind, workflowAnnotation, workflowLabel } from '../api/names.ts';
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

/**
 * A create that reaches the last check without the mark by which a watch of metadata knows its workflow. Once stored, it
 * would not be counted until somebody has read it.
 */
export function unmarkedExecution(workflow: string): Deny {
  const message =
    `The execution names workflow "${workflow}", but neither its label ${workflowLabel} nor its annotation ` +
    `${workflowAnnotation} does: the mutating webhook of stepgate, which completes them, was not asked, or ` +
    'another webhook has removed them. Set the label, or try again.';
  return deny(503, 'ServiceUnavailable', message, [
    { reason: 'WorkflowMarkMissing', field: `metadata.labels[${workflowLabel}]`, message },
  ]);
}
