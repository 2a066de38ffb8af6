import type { SlotOutcome, SlotRequest } from '../../webhook/journal/slot-request.ts';
import { createSlotKeeper, type SlotKeeper } from '../../webhook/journal/slot-keeper.ts';
import { describeJournal } from './describe-journal.ts';
import type { NewMark } from '../../webhook/journal/workflow-marks.ts';
import { namespace } from './virtual-api-server.ts';
import { createVirtualWatch, type VirtualWatch } from './virtual-watch.ts';
import type { StoredWorkflow } from './virtual-workflow.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** The shortest lifetime that the configuration allows is what is hardest to keep right. Milliseconds. */
export const lifetimeMilliseconds = 35_000;

/** What a replica answers to a create: `unapproved` where its workflow needs approval. */
export type ReplicaOutcome = SlotOutcome | { readonly kind: 'unapproved' };

/** A webhook replica: the real journal code on virtual time, network and watch. */
export interface VirtualReplica {
  readonly name: string;
  readonly alive: boolean;
  readonly ready: boolean;
  limit: number;
  /** As webhook/executions/validate-execution.ts asks: first whether the workflow needs approval, then for a slot. */
  decide(request: SlotRequest): Promise<ReplicaOutcome>;
  /** Before a workflow begins to need approval. */
  mark(mark: NewMark, deadline: number): Promise<void>;
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

  const readWorkflow = (workflow: string): Promise<StoredWorkflow | undefined> =>
    call(
      `reads ${workflow}`,
      () => server.workflow(workflow),
      (state) => (state?.gated === true ? 'needs approval' : 'is let through'),
    );

  const replica: VirtualReplica = {
    name,
    get alive() {
      return caller.alive;
    },
    get ready() {
      return caller.alive && watch?.synced === true;
    },
    limit,
    async decide(request) {
      if (world.watchFaults.stuckWorkflows === undefined) return keeper.request(namespace, request);
      const shown = watch?.workflow(request.workflow);
      if (shown?.gated === false) {
        const outcome = await keeper.request(namespace, { ...request, workflowSeenAt: shown.seenAt });
        if (outcome.kind !== 'workflowChanging') return outcome;
      }
      const workflow = await readWorkflow(request.workflow);
      return workflow?.gated === true ? { kind: 'unapproved' } : keeper.request(namespace, request);
    },
    mark: (mark, deadline) => keeper.mark(namespace, mark, deadline),
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
    workflowRevision: async (_namespace, workflow) => (await readWorkflow(workflow))?.resourceVersion,
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
