import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './child-process.ts';
import { ControlPlaneStartError } from './cluster-error.ts';

const pollMilliseconds = 40;

/**
 * Asks until the program says it is ready. Rejects with ControlPlaneStartError when the program ends first
 * or the time is up.
 *
 * @param probe answers whether the program is ready; a rejection means not yet
 */
export async function waitForReady(
  child: Child,
  probe: () => Promise<boolean>,
  timeoutMilliseconds: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMilliseconds;
  while (!(await probe().catch(() => false))) {
    if (child.hasExited) throw new ControlPlaneStartError(child.name, 'ended early', child.lastLogLines());
    if (Date.now() > deadline) {
      const problem = `was not ready after ${timeoutMilliseconds / 1000} s`;
      throw new ControlPlaneStartError(child.name, problem, child.lastLogLines());
    }
    await sleep(pollMilliseconds);
  }
}
