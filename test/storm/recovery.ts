import { setTimeout as pause } from 'node:timers/promises';
import type { Board, StormWorkflow } from './board.ts';
import type { ExecutionsApi } from './executions-api.ts';
import { now } from './records.ts';
import type { Observer } from './observer.ts';

/** How long slots may take to come back: a reservation's lifetime, and a while for tries. */
const patienceMilliseconds = 90_000;

/** What became of the slots after the storm. */
export interface Recovery {
  /** Until the last workflow had all of its slots in use. */
  readonly seconds: number;
  /** Workflows that had them all at the first try. */
  readonly wholeAtOnce: number;
  /** Workflows that never had them within the patience; must be none. */
  readonly short: readonly string[];
}

/**
 * Settles everything, then fills each workflow up to the limit: a slot that was lost shows as a create that is
 * denied, until it comes back.
 */
export async function recover(
  api: ExecutionsApi,
  board: Board,
  observer: Observer,
  limit: number,
): Promise<Recovery> {
  for (const workflow of board.workflows) {
    for (const name of observer.active(workflow.key).values()) await api.settle(workflow, name, 'completed');
  }
  await observer.caughtUp();
  const begin = now();
  let wholeAtOnce = 0;

  async function fill(workflow: StormWorkflow): Promise<number | undefined> {
    let refused = false;
    for (let admitted = 0; admitted < limit;) {
      const { answer } = await api.create({
        operation: 'create',
        workflow,
        name: board.freshName(workflow),
      });
      if (answer.ok) admitted += 1;
      else {
        refused = true;
        if (now() - begin > patienceMilliseconds) return undefined;
        await pause(500);
      }
    }
    if (!refused) wholeAtOnce += 1;
    return now() - begin;
  }

  const times = await Promise.all(
    board.workflows.map(async (workflow) => [workflow, await fill(workflow)] as const),
  );
  const short = times.filter(([, time]) => time === undefined).map(([{ key }]) => key);
  const longest = Math.max(...times.map(([, time]) => time ?? patienceMilliseconds));
  return { seconds: longest / 1_000, wholeAtOnce, short };
}
