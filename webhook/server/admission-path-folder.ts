/** The admission path from the folder that its Secret is mounted at: the files `current` and, while it is rotated, `previous`. */
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { followFolder } from '../certificates/followed-folder.ts';
import { type AdmissionPath, parseSegment } from './admission-path.ts';

export interface AdmissionPathFolderOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly logger: Logger;
  /** How often the files are read without being told of a change, default 10,000. */
  readonly pollMilliseconds?: number;
  readonly settleMilliseconds?: number;
}

/** An admission path that follows its folder. */
export interface AdmissionPathSource {
  readonly current: () => AdmissionPath;
  readonly stop: () => Promise<void>;
}

/**
 * Reads the folder and follows it. What cannot be used leaves the old path in use.
 * @throws AdmissionPathError, or the error of reading, when there is none to begin with
 */
export async function startAdmissionPathFolder(
  options: AdmissionPathFolderOptions,
): Promise<AdmissionPathSource> {
  const { folder, logger, pollMilliseconds = 10_000 } = options;
  let current = await readAdmissionPath(folder);
  const followed = followFolder({
    ...options,
    pollMilliseconds,
    async read() {
      try {
        const next = await readAdmissionPath(folder);
        if (next.current === current.current && next.previous === current.previous) return;
        current = next;
        logger.info(
          { folder, previousAccepted: next.previous !== undefined },
          'the admission path has changed',
        );
      } catch (error) {
        logger.warn({ folder, err: error }, 'the admission path cannot be read; the old one stays in use');
      }
    },
  });
  return { current: () => current, stop: followed.stop };
}

async function readAdmissionPath(folder: string): Promise<AdmissionPath> {
  // Both files of one mounted version: kubelet swaps the link that leads to them.
  const version = dirname(await realpath(join(folder, 'current')));
  // The current one is read last: it shows that the version was still there when it had no previous one.
  const previous = await readOptional(join(version, 'previous'));
  const current = parseSegment(await readFile(join(version, 'current'), 'utf8'));
  return previous === undefined ? { current } : { current, previous: parseSegment(previous) };
}

/** Absent and empty are the same: a Secret's key can be set to nothing as well as removed. */
async function readOptional(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    return text.trim() === '' ? undefined : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
