import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import { loggable, shortened } from './loggable.ts';
import { withoutSecrets } from './without-secrets.ts';

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
    hooks: {
      logMethod(args, method) {
        method.apply(this, bounded(args));
      },
      streamWrite: withoutSecrets,
    },
  };
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}

type LogArguments = Parameters<pino.LogFn>;

/** Sentences may quote what users wrote, and pino takes that of a lone error as it is. */
function bounded(args: LogArguments): LogArguments {
  const [first, ...rest]: unknown[] = args;
  const texts = rest.map((arg) => (typeof arg === 'string' ? shortened(arg) : arg));
  if (typeof first === 'string') return [shortened(first), ...texts] as LogArguments;
  if (!(first instanceof Error)) return [first, ...texts] as LogArguments;
  return [{ err: first }, ...(texts.length === 0 ? [shortened(first.message)] : texts)] as LogArguments;
}

/** The same logger, with these facts in each line. */
export function withFacts(logger: Logger, facts: object): Logger {
  const method =
    (level: keyof Logger) =>
    (own: unknown, message?: string): void =>
      logger[level]({ ...facts, ...(own as object) }, message);
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}
