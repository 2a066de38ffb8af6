import type { SlotOutcome, SlotRequest } from '../../webhook/journal/slot-request.ts';
import { createSlotKeeper, type SlotKeeper } from '../../webhook/journal/slot-keeper.ts';
import { describeJournal } from './describe-journal.ts';
import { namespace } from './virtual-api-server.ts';
import { createVirtualWatch, type VirtualWatch } from './virtual-watch.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** The shortest lifetime that the configuration allows is what is hardest to keep right. Milliseconds. */
export const lifetimeMilliseconds = 35_000;

/** A webhook replica: the real journal code on virtual time, network and watch. */
export interface VirtualReplica {
  readonly name: string;
  readonly alive: boolean;
  readonly ready: boolean;
  limit: number;
  decide(request: SlotRequest): Promise<SlotOutcome>;
  /** As by kill -9: what it has sent goes on, it hears nothing more. */
  kill(): void;
  breakWatch(): void;
  stickWatch(milliseconds: number): void;
  /** Its cache has an execution of this name. */
  shows(workflow: string, execution: string): boolean;
}

/** A replica that has just been started, with this limit in force. */
export function startVirtualReplica(world: VirtualWorld, name: string, limit: number): VirtualReplica {
  const { time, server, network, trace } = world;
  const caller = { alive: true };
  let watch: VirtualWatch | undefined;
  trace?.(name, 'starts');

  /** A call to the API server, and what came of it there. */
  function call<Answer>(
    what: string,
    action: () => Answer,
    describe: (answer: Answer) => string,
  ): Promise<Answer> {
    return network.call(caller, () => {
      if (trace === undefined) return action();
      try {
        const answer = action();
        trace(name, `${what}: ${describe(answer)}`);
        return answer;
      } catch (error) {
        trace(name, `${what}: ${(error as Error).message}`);
        throw error;
      }
    });
  }

  const replica: VirtualReplica = {
    name,
    get alive() {
      return caller.alive;
    },
    get ready() {
      return caller.alive && watch?.synced === true;
    },
    limit,
    decide: (request) => keeper.request(namespace, request),
    kill() {
      trace?.(name, 'is killed');
      caller.alive = false;
    },
    shows: (workflow, execution) => keeper.cache.active(namespace, workflow).has(execution),
    stickWatch(milliseconds) {
      trace?.(name, `is shown no execution for ${milliseconds} ms`);
      watch?.stick(milliseconds);
    },
    breakWatch() {
      trace?.(name, 'loses its watches');
      watch?.break();
    },
  };
  const keeper: SlotKeeper = createSlotKeeper({
    clock: time,
    store: {
      read: () => call('reads the journal', () => server.journal, describeJournal),
      create: (_namespace, content) =>
        call('makes a journal', () => server.createJournal(content), describeJournal),
      replace: (_namespace, base, content) =>
        call('writes the journal', () => server.replaceJournal(base, content), describeJournal),
    },
    reader: {
      get: (_namespace, execution) =>
        call(
          `asks for ${execution}`,
          () => server.get(execution),
          (state) => (state ? `${state.uid}${state.settled ? ', settled' : ''}` : 'absent'),
        ),
      listActive: () =>
        call(
          'lists the active executions',
          () => server.listActive(),
          ({ revision, items }) => `at ${revision}: ${items.map((item) => item.name).join(' ') || 'none'}`,
        ),
    },
    workflowRevision: async () => undefined,
    metrics: {
      written: () => undefined,
      conflicted: () => undefined,
      restarted: () => undefined,
      degraded: () => undefined,
      reservations: () => undefined,
    },
    limit: () => replica.limit,
    lifetimeMilliseconds: () => lifetimeMilliseconds,
    wallClock: () => '',
    gather: () => time.sleep(0),
    watchConnected: () => watch?.connected === true,
    watchMayBeStuck: () => watch?.silent === true,
    onHistoryBackwards() {
      trace?.(name, 'sees that history went backwards');
      replica.breakWatch();
    },
  });
  watch = createVirtualWatch(world, name, keeper, caller);
  return replica;
}
