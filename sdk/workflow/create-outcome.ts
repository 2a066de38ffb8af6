import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { isNotYetReady } from '../../src/kube/not-yet-ready.ts';
import { hasCause, isLimitReached } from '../parallel/limit-reached.ts';

/** What the refusal of a create means for its workflow. */
export type CreateRefusal =
  /** No slot is free. */
  | { readonly kind: 'limit' }
  /** The name is taken. */
  | { readonly kind: 'exists' }
  /** The workflow runs nothing: it waits for approval, was rejected, or is over. */
  | { readonly kind: 'closed'; readonly gate: 'waiting' | 'over'; readonly message: string }
  /** The step is being done by another execution, or the workflow is no longer the one that was planned for. */
  | { readonly kind: 'taken'; readonly message: string }
  /** This create can never succeed. */
  | { readonly kind: 'permanent'; readonly message: string }
  /** A plugin that has a say in it has failed. It is asked again, and others are not kept waiting by it. */
  | { readonly kind: 'unasked'; readonly message: string }
  /** It may succeed later: nothing is known to be wrong with it. */
  | { readonly kind: 'passing'; readonly error: unknown };

/** The prefix that the API server puts before what a webhook says. Source: apiserver `webhook/errors/statuserror.go`. */
const denied = /^admission webhook "[^"]*" denied the request: /;

/** Codes of refusals that say something of the object: the same one again would be refused again. */
const permanentCodes: ReadonlySet<number> = new Set([400, 403, 405, 413, 415, 422]);

/** Source: apiserver `plugin/resourcequota`, `registry/rbac`; `plugin/admission/gc` for owners that block deletion. */
const ofTheMoment =
  /exceeded quota|status unknown for quota|cannot create resource|cannot set blockOwnerDeletion/;

/** Sorts what a create of an execution was refused with. */
export function createRefusal(error: unknown): CreateRefusal {
  if (!(error instanceof KubeStatusError)) return { kind: 'passing', error };
  const { code, message: said } = error.status;
  const message = said.replace(denied, '');
  if (code === 429) return isLimitReached(error) ? { kind: 'limit' } : { kind: 'passing', error };
  if (code === 409 && error.status.reason === 'AlreadyExists') return { kind: 'exists' };
  if (hasCause(error, 'ApprovalRequired')) return { kind: 'closed', gate: 'waiting', message };
  if (isOver(error)) return { kind: 'closed', gate: 'over', message };
  if (isStepTaken(error)) return { kind: 'taken', message };
  if (hasCause(error, 'PluginFailed')) return { kind: 'unasked', message };
  if (!permanentCodes.has(code) || isOfTheMoment(error)) return { kind: 'passing', error };
  return { kind: 'permanent', message: message === '' ? error.message : message };
}

/** The workflow settles or is gone, or its namespace is. */
function isOver(error: KubeStatusError): boolean {
  return (
    ['WorkflowIsOver', 'WorkflowMissing', 'NamespaceTerminating'].some((reason) => hasCause(error, reason)) ||
    error.status.code === 404
  );
}

/** `spec.stepNumber` is at fault where another execution does the step, or an edit has removed it. */
function isStepTaken({ status }: KubeStatusError): boolean {
  return (status.details?.causes ?? []).some(
    ({ reason, field }) => reason === 'NotTheApprovedStep' && field === 'spec.stepNumber',
  );
}

/**
 * Refusals that the object is not to blame for: an authorizer that did not answer the webhook, a quota that is used up
 * or not counted yet, an admission that is not ready, and rights that this controller lacks, which somebody will give it.
 * All but the first are a bare 403.
 */
function isOfTheMoment(error: KubeStatusError): boolean {
  const { code, message } = error.status;
  if (code !== 403) return false;
  return hasCause(error, 'AuthorizerFailed') || isNotYetReady(error) || ofTheMoment.test(message);
}
