import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { isMissingRight } from '../../src/kube/missing-right.ts';
import { isNotYetReady } from '../../src/kube/not-yet-ready.ts';
import { unanswered } from '../../src/kube/unanswered.ts';
import { ActionError } from './action-error.ts';

/**
 * A failed write of a Secret, to be told to people: an API server, or an admission webhook, that finds fault with a
 * value may quote it.
 */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof KubeStatusError) || !mayQuote(error)) return error;
  const { code, reason, details } = error.status;
  const fields = (details?.causes ?? []).flatMap(({ field }) => (field === undefined ? [] : [field]));
  const where = fields.length === 0 ? '' : ` (${fields.join(', ')})`;
  // It stays what it is to whoever begins the action again.
  if (unanswered(error) !== undefined)
    return new KubeStatusError({ code, reason, message: `the change was not answered${where}` });
  return new ActionError('refused', `The API server refused the change: ${code} ${reason}${where}.`);
}

/** What is refused for its version, its absence or a missing right quotes no value; admission may refuse with a 403 too. */
function mayQuote(error: KubeStatusError): boolean {
  return !isMissingRight(error) && !isNotYetReady(error) && ![401, 404, 409, 429].includes(error.status.code);
}
