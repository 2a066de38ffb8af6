/** One value that cannot be used. */
export interface ConfigProblem {
  /** The key of the ConfigMap, or the name of the environment variable. */
  readonly key: string;
  readonly value: string;
  /** Completes 'It must be …'. */
  readonly allowed: string;
  readonly source: 'ConfigMap' | 'environment';
}

/** At least one value cannot be used. The message names each key, its value and what is allowed. */
export class ConfigError extends Error {
  readonly code = 'ConfigInvalid';
  /** All of them, in the order of `configFields`; at least one. */
  readonly problems: readonly [ConfigProblem, ...ConfigProblem[]];

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    super(problems.map(sentence).join(' '));
    this.name = 'ConfigError';
    this.problems = problems;
  }

  /** The key of the first problem. */
  get key(): string {
    return this.problems[0].key;
  }
}

/** Longer than any value that is meant seriously, shorter than what an Event may say (1,024 characters). */
const shownValueLength = 80;

function sentence({ key, value, allowed, source }: ConfigProblem): string {
  const shown = value.length > shownValueLength ? `${value.slice(0, shownValueLength)}…` : value;
  const where = source === 'environment' ? 'environment variable' : 'key';
  return `The value ${JSON.stringify(shown)} of the ${where} ${key} cannot be used. It must be ${allowed}.`;
}
