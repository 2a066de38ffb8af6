/** How long the API server will wait, as the `timeout` in the query of its call says it. */

/** What the API server uses where a webhook configuration says nothing. */
export const defaultTimeoutMilliseconds = 10_000;

/** The API server accepts no webhook with a longer `timeoutSeconds`. */
export const maximumTimeoutMilliseconds = 30_000;

const goDuration = /^(?:(?<minutes>\d{1,4})m)?(?:(?<seconds>\d{1,6}(?:\.\d{1,9})?)s)?$/;
const goMilliseconds = /^(?<milliseconds>\d{1,9}(?:\.\d{1,9})?)ms$/;

/**
 * Milliseconds of the `timeout` in a request's URL, a Go duration such as `10s`, `1m0s` or `500ms`; the default
 * where it is absent or makes no sense, at most 30 s.
 */
export function parseTimeout(url: string): number {
  const query = url.indexOf('?');
  if (query === -1) return defaultTimeoutMilliseconds;
  const duration = new URLSearchParams(url.slice(query + 1)).get('timeout') ?? '';
  const milliseconds = parseMilliseconds(duration);
  if (!(milliseconds > 0)) return defaultTimeoutMilliseconds;
  return Math.min(milliseconds, maximumTimeoutMilliseconds);
}

function parseMilliseconds(duration: string): number {
  const short = goMilliseconds.exec(duration)?.groups;
  if (short !== undefined) return Number(short['milliseconds']);
  const long = goDuration.exec(duration)?.groups;
  if (long === undefined) return Number.NaN;
  return Number(long['minutes'] ?? 0) * 60_000 + Number(long['seconds'] ?? 0) * 1_000;
}

/**
 * How much of the API server's time is ours: all of it but `margin`, and of short timeouts at least four fifths.
 * The margin is for the answer's way back, for TLS, and for a busy event loop.
 */
export function answerWithin(timeoutMilliseconds: number, marginMilliseconds: number): number {
  return timeoutMilliseconds - Math.min(marginMilliseconds, timeoutMilliseconds / 5);
}
