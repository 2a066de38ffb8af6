/** A cluster with a node can neither be had nor made here. */
export class NoWholeClusterError extends Error {
  readonly code = 'NoWholeCluster';

  /** What was tried and why it failed, each on one line. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(`No cluster with a node can be had here: ${reasons.join('; ')}`);
    this.name = 'NoWholeClusterError';
    this.reasons = reasons;
  }
}

/** Something a whole cluster needs failed; the message says what, and what the program wrote. */
export class WholeClusterError extends Error {
  readonly code = 'WholeCluster';

  constructor(problem: string, words: string) {
    super(`${problem}: ${words.trim() || '(nothing was written)'}`);
    this.name = 'WholeClusterError';
  }
}
