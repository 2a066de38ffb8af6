/** What code here logs to: facts first, then a sentence. pino's logger satisfies it. */
export interface KubeLogger {
  readonly debug: (facts: object, message: string) => void;
  readonly info: (facts: object, message: string) => void;
  readonly warn: (facts: object, message: string) => void;
  readonly error: (facts: object, message: string) => void;
}
