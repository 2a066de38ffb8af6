import type { KubeStatus } from './kube-status-error.ts';

/** Enough of a proxy's error page to see whose it is. */
const messageLength = 512;

/** Reasons for answers that carry no Status. Source: meta/v1 `StatusReason…`. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * What an answer that is no success says. Flow control and proxies answer with text, not with a Status; the
 * HTTP code then is all that is known.
 */
export function statusOfAnswer(code: number, body: string, retryAfter: string | undefined): KubeStatus {
  const said = parseStatus(body);
  const seconds = said?.details?.retryAfterSeconds ?? wholeSeconds(retryAfter);
  const details = { ...said?.details, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
  const text = body.trim().slice(0, messageLength);
  return {
    code,
    reason: said?.reason || (reasons[code] ?? 'Unknown'),
    message: said?.message ?? (text === '' ? `The API server answered ${code}` : text),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}

/** A Status object as it stands in an answer's body or in an ERROR event of a watch. */
export function isStatus(value: unknown): value is Partial<KubeStatus> & {
  readonly kind: 'Status';
  readonly status?: string;
} {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

function parseStatus(body: string): Partial<KubeStatus> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The header may hold a date as well; the API server never sends one. */
function wholeSeconds(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^[0-9]{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
}
