import { setTimeout as pause } from 'node:timers/promises';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';

/** Reads, again while an API server that has just started refuses lists: 429, `storage is (re)initializing`. */
export async function whenInitialized<Answer>(
  read: () => Promise<Answer>,
  withinMilliseconds = 60_000,
): Promise<Answer> {
  const deadline = performance.now() + withinMilliseconds;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isKubeStatus(error, 429) || performance.now() > deadline) throw error;
    }
    await pause(100);
  }
}
