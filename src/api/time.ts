/** Times as Kubernetes writes them: RFC 3339, for example `2026-05-04T03:02:01Z`. */

/** Milliseconds since 1970, or undefined where the text is no time. */
export function parseTime(text: string): number | undefined {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** The text of milliseconds since 1970, in UTC. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
