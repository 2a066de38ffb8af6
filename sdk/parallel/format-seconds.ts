/** Longer than any API server runs; and digits enough for every double below it. */
const longestSeconds = 1e12;

/**
 * Seconds as a duration that the kinds' schemas take, rounded up to a nanosecond; undefined for none and for what no
 * attempt could outlive. @example formatSeconds(1.5) // '1500ms'
 */
export function formatSeconds(seconds: number | undefined): string | undefined {
  if (seconds === undefined || !(seconds > 0) || seconds > longestSeconds) return undefined;
  if (Number.isInteger(seconds)) return `${seconds}s`;
  const milliseconds = seconds * 1_000;
  if (Number.isInteger(milliseconds)) return `${milliseconds}ms`;
  return `${BigInt(Math.ceil(seconds * 1e9))}ns`;
}
