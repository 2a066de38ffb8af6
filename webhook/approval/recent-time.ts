/** A request is over after half a minute; the clocks of two replicas may differ a little. Milliseconds. */
const requestMilliseconds = 60_000;

/**
 * Whether a time may have been stamped by an earlier pass over the request that is judged now. Only in our own format:
 * what a user could slip in beside it is not a time of another.
 */
export function isRecent(time: string, now: string): boolean {
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== time) return false;
  return Math.abs(Date.parse(now) - milliseconds) <= requestMilliseconds;
}
