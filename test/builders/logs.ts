/** A logger that keeps what it is told. */

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: object;
  readonly message: string;
}

type LogMethod = (facts: unknown, message?: string) => void;

/** A logger, and its lines so far. */
export function keepLogs(): {
  readonly lines: LogLine[];
  readonly logger: Record<LogLine['level'], LogMethod>;
  readonly messages: (level: LogLine['level']) => string[];
} {
  const lines: LogLine[] = [];
  const method =
    (level: LogLine['level']): LogMethod =>
    (facts, message = '') => {
      lines.push({ level, facts: facts as object, message });
    };
  return {
    lines,
    logger: { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') },
    messages: (level) => lines.filter((line) => line.level === level).map((line) => line.message),
  };
}
