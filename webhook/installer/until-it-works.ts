import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { InstallerError } from './installer-error.ts';

/** How long something is tried. */
export interface Patience {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly logger: Pick<Logger, 'info'>;
  /** From the first try to the last, in milliseconds. */
  readonly timeoutMilliseconds: number;
  /** Between two tries, default 2,000. */
  readonly retryMilliseconds?: number;
}

/**
 * Repeats a task while what it needs is not there yet, and says each reason once.
 * @throws the last error of the task once the time is over, and at once any that waiting cannot help
 */
export async function untilItWorks(task: () => Promise<void>, patience: Patience): Promise<void> {
  const { clock, logger, timeoutMilliseconds, retryMilliseconds = 2_000 } = patience;
  const end = clock.now() + timeoutMilliseconds;
  let said = '';
  for (;;) {
    try {
      await task();
      return;
    } catch (error) {
      if (!mayPass(error) || clock.now() + retryMilliseconds > end) throw error;
      if (error.message !== said) logger.info({ reason: error.message }, 'waiting');
      said = error.message;
    }
    await clock.sleep(retryMilliseconds);
  }
}

/** Rights are given a moment before they hold, of two writers one has to read again, and API servers come and go. */
const passingCodes: ReadonlySet<number> = new Set([403, 404, 409, 429]);

function mayPass(error: unknown): error is Error {
  if (error instanceof KubeStatusError)
    return passingCodes.has(error.status.code) || error.status.code >= 500;
  return error instanceof InstallerError || error instanceof KubeConnectionError;
}
