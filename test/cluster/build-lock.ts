import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const heartbeatMilliseconds = 2_000;
const staleMilliseconds = 20_000;
const pollMilliseconds = 250;
const pollsBetweenWords = 40;

/**
 * Runs `work` while holding the lock folder `path`, so that of several processes only one builds. A holder
 * that died stops touching its lock and loses it after 20 s. The lock saves work; it does not guard
 * correctness: results are moved into place atomically, so two builds at once would merely cost time.
 *
 * @param waiting called about every ten seconds while somebody else holds the lock
 */
export async function withBuildLock<Result>(
  path: string,
  work: () => Promise<Result>,
  waiting: () => void = () => {},
): Promise<Result> {
  await mkdir(dirname(path), { recursive: true });
  for (let polls = 0; !(await takeLock(path)); polls++) {
    if (polls % pollsBetweenWords === 0) waiting();
    await sleep(pollMilliseconds);
  }
  const heartbeat = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => {}); // stolen: see above
  }, heartbeatMilliseconds);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { recursive: true, force: true });
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const held = await stat(path).catch(() => undefined);
  if (held !== undefined && Date.now() - held.mtimeMs > staleMilliseconds) {
    // A rename has one winner, so that two waiters do not both remove what a third has just taken.
    const aside = `${path}.stale-${process.pid}`;
    await rename(path, aside).catch(() => {});
    await rm(aside, { recursive: true, force: true });
  }
  return false;
}
