import { inspect } from 'node:util';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { missingRight } from '../../src/kube/missing-right.ts';
import { withoutSecrets } from '../../src/observability/without-secrets.ts';
import { visibleText } from '../../src/policy/hostile-characters.ts';

/** A longer message is cut: it is kept in a status and shown in a table. */
const mostCharacters = 4_096;

/** What people are told about something that was thrown, whatever it is; never throws itself. */
export function failureMessage(thrown: unknown): string {
  let text: string;
  try {
    text = describe(thrown);
  } catch {
    text = 'Something was thrown that cannot be described.';
  }
  // Cut first: it may quote what users wrote, of any length.
  const safe = withoutSecrets(text.slice(0, 2 * mostCharacters));
  return safe.length <= mostCharacters ? visibleText(safe) : `${visibleText(safe, mostCharacters)}…`;
}

function describe(thrown: unknown): string {
  if (isKubeStatus(thrown, 403)) return missingRight(thrown.status.message) ?? thrown.message;
  // Who acts could not be found out: why is in the cause.
  if (thrown instanceof KubeConnectionError && thrown.reason === 'credentials' && thrown.cause !== undefined)
    return describe(thrown.cause);
  if (thrown instanceof Error) {
    // Whoever throws may have put anything there.
    const { name, message }: { name: unknown; message: unknown } = thrown;
    return String(message === '' ? name : message);
  }
  if (typeof thrown === 'string' && thrown !== '') return thrown;
  return `The action threw ${inspect(thrown, { depth: 1, breakLength: Infinity })}.`;
}
