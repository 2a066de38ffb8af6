/**
 * Durations as Kubernetes writes them: `5m`, `1h30m`, `0s`, `1.5s`.
 * Source: Go's time.ParseDuration, which metav1.Duration uses; a duration here has no sign.
 */

/** What a duration looks like, for schemas. `0s` is a duration; the empty text is none. */
export const durationPattern = /^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/;

const millisecondsPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration's length in milliseconds, or undefined where the text is no duration. @example parseDuration('1m30s') // 90_000 */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)([a-zµ]+)/g)) {
    total += Number(amount) * (millisecondsPerUnit[unit ?? ''] ?? Number.NaN);
  }
  return total;
}
