/** What can go wrong with one request, told apart by `kind`. */
export type Fault =
  /** Answered by the proxy; the API server never sees the request. The body is a Kubernetes Status. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      /** Sent as the header Retry-After and in details.retryAfterSeconds. */
      readonly retryAfterSeconds?: number;
    }
  /** Answered by the proxy with a body that need not make sense. */
  | { readonly kind: 'answer'; readonly code: number; readonly contentType: string; readonly body: string }
  /** Forwarded, after a wait. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The connection breaks before the API server sees the request. */
  | { readonly kind: 'reset' }
  /** The API server does what was asked; the connection breaks instead of an answer. */
  | {
      readonly kind: 'loseAnswer';
      /** Called when the API server has answered, before the connection breaks. */
      readonly answered?: () => void;
    }
  /** The connection breaks after that many bytes of the answer's body, at once for 0. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The answer goes silent after that many bytes of its body, and stays open. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** A watch: nothing follows the initial list, and the stream stays open. */
  | { readonly kind: 'silentWatch' }
  /** A watch: an ERROR event follows that many real events (default 0), and the stream ends. */
  | {
      readonly kind: 'watchError';
      readonly code: number;
      readonly reason: string;
      readonly message?: string;
      readonly afterEvents?: number;
    };

/** A `Status` of kind Failure. Source: apimachinery pkg/apis/meta/v1 Status. */
export function statusBody(fault: {
  code: number;
  reason?: string;
  message?: string;
  retryAfterSeconds?: number;
}): string {
  const { code, reason = '', message = `injected ${code}`, retryAfterSeconds } = fault;
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
    code,
  });
}
