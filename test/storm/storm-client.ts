import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';
import type { Board, StormWorkflow } from './board.ts';
import type { ExecutionsApi, WantedExecution } from './executions-api.ts';
import type { Answer } from './records.ts';

/** One of the many that work at the same time. */
export interface StormClientOptions {
  readonly api: ExecutionsApi;
  readonly board: Board;
  readonly random: Random;
  /** Whether applies of one fresh name may come at the same time. */
  readonly applyRaces: boolean;
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** Requests after which it ends in any case. */
  readonly maxRequests: number;
}

type Action = (workflow: StormWorkflow) => Promise<unknown>;

const settledPhases = ['completed', 'failed', 'rollback_ready'] as const;

/** Works, one thing after the other, until it is told to end. */
export async function runStormClient(options: StormClientOptions): Promise<void> {
  const { board, random, signal } = options;
  const actions = weighted(actionsOf(options));
  for (let count = 0; count < options.maxRequests && !signal.aborted; count += 1) {
    const workflow = random.pick(board.workflows);
    const action = random.pick(actions);
    if (workflow === undefined || action === undefined) return;
    await action(workflow);
    // Between two things a client has something else to do, and the event loop shows us the watch.
    await pause(random.between(0, 20));
  }
}

/** How often each comes, out of a hundred. */
function actionsOf({
  api,
  board,
  random,
  applyRaces,
}: StormClientOptions): readonly (readonly [number, Action])[] {
  async function create(wanted: WantedExecution): Promise<void> {
    const { answer, name } = await api.create(wanted);
    if (answer.ok && wanted.operation !== 'dryRun' && name !== undefined)
      board.created(wanted.workflow, name);
  }

  async function settle(workflow: StormWorkflow): Promise<void> {
    const name = board.anyActive(workflow, random);
    if (name === undefined) return;
    if (random.chance(0.2)) await api.settle(workflow, name, 'executing');
    const answer = await api.settle(workflow, name, random.pick(settledPhases) ?? 'completed');
    if (answer.ok || isOver(answer)) board.settled(workflow, name);
  }

  async function remove(workflow: StormWorkflow): Promise<void> {
    const pick = random.chance(0.6) ? board.anyActive : board.anySettled;
    const name = pick(workflow, random);
    if (name === undefined) return;
    if ((await api.delete(workflow, name)).ok) board.deleted(workflow, name);
    // Its name is free again, and its next uid is another.
    if (random.chance(0.3)) await create({ operation: 'create', workflow, name });
  }

  /** A name that exists, or two or three creates of one name at the same time. */
  async function duplicate(workflow: StormWorkflow): Promise<void> {
    const pick = random.chance(0.5) ? board.anyActive : board.anySettled;
    const name = random.chance(0.5) ? pick(workflow, random) : undefined;
    const wanted = { operation: 'duplicate', workflow, name: name ?? board.freshName(workflow) } as const;
    const times = name === undefined ? random.between(2, 3) : 1;
    await Promise.all(Array.from({ length: times }, () => create(wanted)));
  }

  /** Mostly of a fresh name, sometimes of one that exists, sometimes two that race. */
  async function apply(workflow: StormWorkflow): Promise<void> {
    const existing = random.chance(0.2) ? board.anyActive(workflow, random) : undefined;
    const wanted = { operation: 'apply', workflow, name: existing ?? board.freshName(workflow) } as const;
    const times = applyRaces && random.chance(0.3) ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => create(wanted)));
  }

  async function move(workflow: StormWorkflow): Promise<void> {
    const name = board.anyActive(workflow, random) ?? board.anySettled(workflow, random);
    const others = board.workflows.filter(
      ({ namespace, key }) => namespace === workflow.namespace && key !== workflow.key,
    );
    if (name !== undefined)
      await api.move(workflow, name, random.chance(0.7) ? random.pick(others) : undefined);
  }

  async function revive(workflow: StormWorkflow): Promise<void> {
    const name = board.anySettled(workflow, random);
    if (name !== undefined)
      await api.revive(workflow, name, random.chance(0.5) ? { phase: 'executing' } : null);
  }

  const fresh = (workflow: StormWorkflow): Promise<void> =>
    create({
      operation: 'create',
      workflow,
      name: board.freshName(workflow),
      byReference: random.chance(0.25),
    });
  return [
    [27, fresh],
    [10, (workflow) => create({ operation: 'generateName', workflow, name: undefined })],
    [12, apply],
    [9, duplicate],
    [7, (workflow) => create({ operation: 'dryRun', workflow, name: board.freshName(workflow) })],
    [22, settle],
    [7, remove],
    [3, move],
    [3, revive],
  ];
}

function isOver({ reason }: Answer): boolean {
  return reason === '404 NotFound' || reason === '422 Invalid';
}

function weighted(actions: readonly (readonly [number, Action])[]): readonly Action[] {
  return actions.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));
}
