/**
 * A folder that is read anew when it changes. Kubelet swaps a symlink of the folder that a Secret is mounted at, which
 * fs.watch sees as a rename; some file systems tell nothing, so it is read again once in a while too.
 */
import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';

export interface FollowedFolderOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Called after a change and once in a while, never twice at a time. It handles its own errors. */
  readonly read: () => Promise<void>;
  /** How often the folder is read without being told of a change, default 60,000. */
  readonly pollMilliseconds?: number;
  /** How long after a change it is read, default 100: a swap is several events. */
  readonly settleMilliseconds?: number;
}

export interface FollowedFolder {
  /** Reads no more; resolves when the last read has ended. */
  readonly stop: () => Promise<void>;
}

/** Follows the folder until it is stopped. */
export function followFolder(options: FollowedFolderOptions): FollowedFolder {
  const { folder, clock, logger, pollMilliseconds = 60_000, settleMilliseconds = 100 } = options;
  let stopped = false;
  let reading = Promise.resolve();
  let cancelSettle: (() => void) | undefined;
  let cancelPoll = clock.setTimer(pollMilliseconds, poll);
  const watcher = watchFolder(folder, logger, () => {
    cancelSettle?.();
    cancelSettle = clock.setTimer(settleMilliseconds, readAgain);
  });

  return {
    async stop() {
      stopped = true;
      watcher?.close();
      cancelSettle?.();
      cancelPoll();
      await reading;
    },
  };

  function poll(): void {
    readAgain();
    cancelPoll = clock.setTimer(pollMilliseconds, poll);
  }

  function readAgain(): void {
    reading = readAfter(reading);
  }

  async function readAfter(last: Promise<void>): Promise<void> {
    await last;
    if (!stopped) await options.read();
  }
}

function watchFolder(
  folder: string,
  logger: Pick<Logger, 'warn'>,
  changed: () => void,
): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, changed);
    watcher.on('error', (error) =>
      logger.warn({ folder, err: error }, 'the folder is watched no more, only read'),
    );
    return watcher;
  } catch (error) {
    logger.warn({ folder, err: error }, 'the folder cannot be watched, only read');
    return undefined;
  }
}
