import { namespace, type Change } from './virtual-api-server.ts';
import { describeJournal } from './describe-journal.ts';
import type { VirtualWorld } from './virtual-world.ts';
import type { SlotKeeper } from '../../webhook/journal/slot-keeper.ts';
import type { Caller } from './virtual-network.ts';
import type { ShownWorkflow, StoredWorkflow } from './virtual-workflow.ts';

/** The watches of one replica: of active executions, of journals and of workflows, each a connection that may break. */
export interface VirtualWatch {
  /** The connections break, and are made again with a complete list each. */
  break(): void;
  /** From now on the watch of executions delivers nothing for so long. */
  stick(milliseconds: number): void;
  readonly synced: boolean;
  /** False from a break until the next complete list is delivered. */
  readonly connected: boolean;
  /** What was shown of a workflow, and up to where; undefined where nothing was. */
  workflow(name: string): ShownWorkflow | undefined;
  /** Nothing was delivered for two seconds. */
  readonly silent: boolean;
}

/** Connects at once. `keeper` is fed in order, each feed by itself. */
export function createVirtualWatch(
  { time, random, server, watchFaults: faults, trace }: VirtualWorld,
  name: string,
  keeper: SlotKeeper,
  caller: Caller,
): VirtualWatch {
  const executions = feed(deliverExecution, faults.stuck);
  const journals = feed(deliverJournal, faults.stuckJournals ?? faults.stuck);
  const workflows =
    faults.stuckWorkflows === undefined ? undefined : feed(deliverWorkflow, faults.stuckWorkflows);
  let shownWorkflows = new Map<string, StoredWorkflow>();
  let workflowsSeenAt = '0';
  connectExecutions();
  connectJournals();
  connectWorkflows();

  function deliverExecution(change: Change): void {
    if (change.type === 'upserted' || change.type === 'removed') {
      const { resourceVersion, name: execution, uid } = change.execution;
      trace?.(name, `is shown at ${resourceVersion} that ${execution} ${uid} is ${change.type}`);
    }
    if (change.type === 'upserted') keeper.cache.upserted(change.execution);
    if (change.type === 'removed') keeper.cache.removed(change.execution);
  }

  function deliverJournal(change: Change): void {
    if (change.type === 'journal') trace?.(name, `is shown the journal: ${describeJournal(change.journal)}`);
    if (change.type === 'journalGone') trace?.(name, 'is shown that the journal is gone');
    if (change.type === 'journal') keeper.journalObserved(namespace, change.journal);
    if (change.type === 'journalGone') keeper.journalGone(namespace);
  }

  function deliverWorkflow(change: Change): void {
    if (change.type !== 'workflow') return;
    const { workflow } = change;
    trace?.(name, `is shown ${workflow.name} at ${workflow.resourceVersion}`);
    shownWorkflows.set(workflow.name, workflow);
    workflowsSeenAt = workflow.resourceVersion;
  }

  function connectWorkflows(): void {
    workflows?.open((enqueue) => {
      const shown = server.workflows.map((workflow) => [workflow.name, workflow] as const);
      const revision = String(server.revision);
      enqueue(() => {
        trace?.(name, `is shown all workflows at ${revision}`);
        shownWorkflows = new Map(shown);
        workflowsSeenAt = revision;
      });
    });
  }

  function connectExecutions(): void {
    executions.open((enqueue) => {
      const list = server.listActive();
      enqueue(() => {
        trace?.(
          name,
          `is shown all active executions at ${list.revision}: ${list.items.map((item) => item.name).join(' ')}`,
        );
        keeper.cache.replaced(list.items, list.revision);
      });
      const bookmark = (): void => {
        const revision = String(server.revision);
        if (enqueue(() => keeper.cache.progressed(revision)))
          time.setTimer(random.between(5_000, 60_000), bookmark);
      };
      time.setTimer(random.between(5_000, 60_000), bookmark);
    });
  }

  function connectJournals(): void {
    journals.open((enqueue) => {
      const { journal } = server;
      enqueue(() => keeper.journalsListed(new Map(journal && [[namespace, journal]])));
    });
  }

  /** One ordered stream of changes; what was not delivered when it breaks never is. */
  function feed(deliver: (change: Change) => void, stuck: number) {
    let close: (() => void) | undefined;
    let synced = false;
    let connected = false;
    let heardAt = 0;
    let stuckFrom = 0;
    let stuckUntil = 0;
    return {
      get connected() {
        return connected;
      },
      get silent() {
        return time.now() - heardAt > 2_000;
      },
      get synced() {
        return synced;
      },
      open(start: (enqueue: (action: () => void) => boolean) => void): void {
        let open = true;
        let last = 0;
        const willStick = random.chance(stuck);
        stuckFrom = time.now() + (random.chance(0.3) ? 0 : random.between(0, 60_000));
        stuckUntil = willStick ? stuckFrom + random.between(5_000, 90_000) : stuckFrom;
        const enqueue = (action: () => void): boolean => {
          if (!open || !caller.alive) return false;
          const due = Math.max(last, time.now() + random.between(...faults.lag));
          last = due >= stuckFrom ? Math.max(due, stuckUntil) : due;
          time.setTimer(last - time.now(), () => {
            if (!open || !caller.alive) return;
            synced = connected = true;
            heardAt = time.now();
            action();
          });
          return true;
        };
        start(enqueue);
        const unwatch = server.watch((change) => void enqueue(() => deliver(change)));
        close = () => {
          open = connected = false;
          unwatch();
          close = undefined;
        };
      },
      stick(milliseconds: number): void {
        stuckFrom = time.now();
        stuckUntil = stuckFrom + milliseconds;
      },
      break(reopen: () => void): void {
        if (close === undefined) return;
        close();
        time.setTimer(random.between(50, 3_000), () => void (caller.alive && reopen()));
      },
    };
  }

  return {
    break() {
      executions.break(connectExecutions);
      journals.break(connectJournals);
      workflows?.break(connectWorkflows);
    },
    workflow(workflow) {
      const shown = shownWorkflows.get(workflow);
      return shown && { gated: shown.gated, seenAt: workflows?.connected === true ? workflowsSeenAt : '0' };
    },
    stick: (milliseconds) => executions.stick(milliseconds),
    get synced() {
      return executions.synced && journals.synced && workflows?.synced !== false;
    },
    get connected() {
      return executions.connected;
    },
    get silent() {
      return executions.silent;
    },
  };
}
