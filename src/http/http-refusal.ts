/**
 * What is answered with an HTTP error instead of an AdmissionReview: calls that never became a request. Never
 * 429, never 503, never Retry-After: the API server would repeat the call until the webhook's timeout.
 */

/** Reason (metav1.StatusReason where there is one) of each HTTP code that a call is refused with. */
export const refusalReasons = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  431: 'RequestHeaderFieldsTooLarge',
  500: 'InternalError',
} as const;

export type RefusalCode = keyof typeof refusalReasons;

/** A call that gets an HTTP error. Its message goes to the sender. */
export class HttpRefusal extends Error {
  readonly code = 'HttpRefusal';
  override readonly name = 'HttpRefusal';
  readonly httpCode: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(httpCode: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.httpCode = httpCode;
    this.headers = headers;
  }
}

/** The body of a refusal, a metav1.Status as JSON: the API server reads its message and shows it. */
export function refusalBody(httpCode: RefusalCode, message: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    code: httpCode,
    reason: refusalReasons[httpCode],
    message,
  });
}
