import type { Logger } from '../observability/logger.ts';
import type { CommandHost } from './command.ts';

/** Something that runs until it is stopped. */
export interface Runnable {
  stop(): Promise<void>;
  /** Rejects when it cannot go on. Absent: it always can. */
  readonly ended?: Promise<void>;
}

/**
 * Starts something and lets it run until SIGTERM or SIGINT, or until it cannot go on. Before it has started, a signal
 * gives up the start.
 * @throws the error of the start, and why it cannot go on
 */
export async function runUntilSignal(
  { process }: Pick<CommandHost, 'process'>,
  logger: Logger,
  start: (signal: AbortSignal) => Promise<Runnable>,
): Promise<void> {
  const starting = new AbortController();
  const signalled = Promise.withResolvers<void>();
  const onSignal = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    starting.abort(new Error('stopped while starting'));
    signalled.resolve();
  };
  // Once: whoever sends a second one means it.
  process.once('SIGTERM', onSignal);
  process.once('SIGINT', onSignal);
  const started = start(starting.signal);
  // Given up, it may end as it likes.
  started.catch(() => {});
  const running = await Promise.race([started, signalled.promise]);
  if (running === undefined) return;
  const failed = (running.ended ?? signalled.promise).then(() => signalled.promise);
  await Promise.race([signalled.promise, failed]);
  await running.stop();
}
