import { workflowOf } from '../parallel/workflow-of.ts';
import { shrinkExecution } from './cached-execution.ts';
import { lookUpExecution } from './look-up.ts';
import type { ReconcileTurn } from './reconcile-turn.ts';

/** Lookups at once: a workflow of a thousand steps may have lost many. */
const lookUpsAtOnce = 10;

/** A create that the cache has not shown for so long may never be shown. Milliseconds. */
export const expectationLifetime = 30_000;

/**
 * Asks by quorum reads what became of executions that the cache does not show: those that the plan misses, and those
 * that were created too long ago. Afterwards each of them is expected, or known to be gone.
 */
export async function findLostExecutions(
  turn: ReconcileTurn,
  missing: readonly string[] = [],
): Promise<void> {
  const { memory, clock } = turn;
  memory.settleExpectations(turn.executions.resourceVersion);
  const old = [...memory.expectations]
    .filter(([, { since }]) => clock.now() - since >= expectationLifetime)
    .map(([name]) => name);
  const names = [...new Set([...missing, ...old])];
  for (let at = 0; at < names.length; at += lookUpsAtOnce)
    await Promise.all(names.slice(at, at + lookUpsAtOnce).map((name) => find(turn, name)));
}

async function find(turn: ReconcileTurn, name: string): Promise<void> {
  const { client, namespace, memory, clock, signal } = turn;
  const found = await lookUpExecution(client, { namespace, name }, signal);
  if (found !== undefined && workflowOf(found) === turn.name) {
    memory.expectations.set(name, { execution: shrinkExecution(found), since: clock.now() });
    return;
  }
  const expected = memory.expectations.get(name);
  memory.expectations.delete(name);
  memory.gone.add(name);
  // It was there: its step is not to be done again.
  if (expected !== undefined) memory.departed.set(name, expected.execution);
}
