import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
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
  return new ActionError('refused', `The API server refused the change: ${code} ${reason}${where}.`);
}

/** What is refused for its version, its absence or a missing right quotes no value; admission may refuse with a 403 too. */
function mayQuote({ status: { code, message } }: KubeStatusError): boolean {
  if (code === 403) return !/ cannot \S+ resource "/.test(message);
  return ![401, 404, 409, 429].includes(code);
}
