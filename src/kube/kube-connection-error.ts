/**
 * Why no answer came.
 * - `unreachable`: no connection was made, so the API server never saw the request
 * - `broken`: the connection was lost; the API server may have done what was asked
 * - `timeout`: the deadline passed; it may have been done, or may yet be
 * - `aborted`: the caller's signal; `cause` is its reason
 * - `too-large`: the answer outgrew the limit
 * - `not-json`: the answer said success, in no language known here
 * - `credentials`: they could not be read or used; nothing was sent
 * - `closed`: the client was closed
 */
export type KubeConnectionFailure =
  'unreachable' | 'broken' | 'timeout' | 'aborted' | 'too-large' | 'not-json' | 'credentials' | 'closed';

/** No usable answer came from the API server; `cause` is the underlying error, where there is one. */
export class KubeConnectionError extends Error {
  readonly code = 'KubeConnection';
  readonly reason: KubeConnectionFailure;

  constructor(reason: KubeConnectionFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KubeConnectionError';
    this.reason = reason;
  }
}

/** Error codes of Node after which it is certain that no request was sent. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** A KubeConnectionError for whatever a socket threw; one that is one already stays what it is. */
export function connectionErrorOf(error: unknown, what: string): KubeConnectionError {
  if (error instanceof KubeConnectionError) return error;
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const reason = code !== undefined && unreachableCodes.has(code) ? 'unreachable' : 'broken';
  return new KubeConnectionError(reason, `${what}: ${message ?? String(error)}`, { cause: error });
}
