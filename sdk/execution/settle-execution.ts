import type { KubernetesExecutionStatus } from '../../src/api/kubernetes-execution.ts';
import type { RunDependencies } from './run-dependencies.ts';
import { type StatusWriter, StatusWriteError } from './status-writer.ts';
import { regardingExecution } from './stored-execution.ts';

/** How an execution ends. */
export interface SettledStatus {
  readonly phase: 'completed' | 'failed';
  readonly message: string;
  readonly result?: unknown;
}

/**
 * Writes the end of an execution. Where the API server takes the end but not its result, it has failed without one.
 * @throws StatusWriteError, or what the last try threw once the signal is aborted
 */
export async function settleExecution(
  writer: StatusWriter,
  end: SettledStatus,
  { date, events, logger }: Pick<RunDependencies, 'date' | 'events' | 'logger'>,
  signal: AbortSignal,
): Promise<'settled'> {
  const change =
    ({ phase, message, ...rest }: SettledStatus) =>
    (status: KubernetesExecutionStatus): KubernetesExecutionStatus => ({
      ...status,
      ...rest,
      phase,
      message,
      completionTime: date().toISOString(),
    });
  try {
    await writer.write(change(end), signal);
  } catch (error) {
    if (!(error instanceof StatusWriteError) || error.reason !== 'refused') throw error;
    logger.warn({ err: error }, 'The end of an execution was refused; writing it without its result');
    const message = `${end.message.slice(0, 1024)} What it returned could not be stored: ${error.message.slice(0, 1024)}`;
    await writer.write((status) => {
      const { result: _, ...rest } = change({ phase: 'failed', message })(status);
      return rest;
    }, signal);
  }
  if (end.phase === 'failed') {
    const regarding = regardingExecution(writer.current);
    events.record({
      regarding,
      type: 'Warning',
      reason: 'ExecutionFailed',
      action: 'Execute',
      note: end.message,
    });
  }
  return 'settled';
}
