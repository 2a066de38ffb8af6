import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import { loggable, withoutSecrets } from './loggable.ts';

/** What code takes that logs: facts first, then a sentence. */
export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** From which severity on lines are written. */
export type LogLevel = (typeof logLevels)[number];

/** What a logger lets through, and where to. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** `webhook`, `controller`, …; a field of every line. */
  readonly component: string;
  /** Where lines go; default the standard output, written at once, so that a killed process has said all. */
  readonly destination?: DestinationStream;
}

/** A logger of JSON lines with `time` (ISO 8601), `level` (its name), `component`, the facts and `msg`. */
export function createLogger({ level, component, destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { component },
    timestamp: stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (facts) => loggable(facts) as Record<string, unknown>,
    },
    // `formatters.log` has turned errors into objects already.
    serializers: { err: (error: unknown) => error },
    hooks: { streamWrite: withoutSecrets },
  };
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}

/** The same logger, with these facts in each line. */
export function withFacts(logger: Logger, facts: object): Logger {
  const method =
    (level: keyof Logger) =>
    (own: unknown, message?: string): void =>
      logger[level]({ ...facts, ...(own as object) }, message);
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}
