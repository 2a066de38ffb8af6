/** A path that is not sent to the API server: it would mean something else than it says. Nothing was sent. */
export class KubePathError extends RangeError {
  override readonly name = 'KubePathError';
  readonly code = 'KubePath';

  /** @param problem what is wrong, in a sentence without its end; text from outside only as `shownInPath` shows it */
  constructor(problem: string) {
    super(`${problem}. Make paths with resourcePath, and hand parameters over in query.`);
  }
}

const mostShown = 100;

/** Text that may come from anybody, for a message: cut, and in printable ASCII. */
export function shownInPath(text: string): string {
  const start = JSON.stringify(text.slice(0, mostShown)).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > mostShown ? `${start}…` : start;
}
