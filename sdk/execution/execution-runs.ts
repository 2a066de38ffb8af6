import type { ActionRegistry } from '../../src/plugin/action-registry.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { RunDependencies } from './run-dependencies.ts';
import { ExecutionDeletedError } from './execution-deleted-error.ts';
import { refuseExecution, type RunEnd, runExecution } from './run-execution.ts';
import { createRunningLimit, type RunningLimit } from './running-limit.ts';
import type { StoredExecution } from './stored-execution.ts';
import { unrunnable } from './unrunnable.ts';

/** Everything that runs in this process, beside the reconciles. */
export interface ExecutionRuns {
  /** Starts, leaves or aborts what runs under this key, by the execution as the cache shows it. Returns at once. */
  follow(key: string, execution: StoredExecution | undefined): void;
  /** Tells every action to stop, and starts none any more. */
  abort(): void;
  /** The same; resolves when all of them have stopped, or were given up. */
  stop(): Promise<void>;
}

export interface ExecutionRunsOptions extends RunDependencies {
  readonly registry: ActionRegistry;
  readonly unknownActions: 'fail' | 'ignore';
  readonly clusterNames: readonly string[];
  /** Actions of one plugin at the same time. */
  readonly concurrency: number;
  /** Has the key followed again after so many milliseconds. */
  readonly enqueue: (key: string, after: number) => void;
}

/** After a failure that says nothing about the execution, or when another may have taken it over. */
const lookAgainMilliseconds = 30_000;

/** Why a run is aborted that is no longer ours to make. */
class ControllerStoppedError extends Error {
  readonly code = 'ControllerStopped';

  constructor() {
    super('The controller stops');
    this.name = 'ControllerStoppedError';
  }
}

interface Entry {
  readonly uid: string;
  readonly controller: AbortController;
}

export function createExecutionRuns(options: ExecutionRunsOptions): ExecutionRuns {
  return new FollowedRuns(options);
}

class FollowedRuns implements ExecutionRuns {
  readonly #options: ExecutionRunsOptions;
  /** Until the cache shows that they are settled or gone: it may still show what they were. */
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<Entry, Promise<void>>();
  readonly #limits = new Map<string, RunningLimit>();
  #stopped = false;

  constructor(options: ExecutionRunsOptions) {
    this.#options = options;
    options.metrics.load(() => {
      const limits = [...this.#limits.values()];
      const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
      return {
        running: sum(limits.map(({ running }) => running)),
        waiting: sum(limits.map(({ waiting }) => waiting)),
      };
    });
  }

  follow(key: string, execution: StoredExecution | undefined): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.uid === execution?.metadata.uid) {
      if (execution.metadata.deletionTimestamp !== undefined)
        entry.controller.abort(new ExecutionDeletedError());
      return;
    }
    if (entry !== undefined) {
      this.#entries.delete(key);
      entry.controller.abort(new ExecutionDeletedError());
    }
    if (execution !== undefined && !this.#stopped) this.#start(key, execution);
  }

  abort(): void {
    this.#stopped = true;
    for (const { controller } of this.#running.keys()) controller.abort(new ControllerStoppedError());
  }

  async stop(): Promise<void> {
    this.abort();
    await Promise.all(this.#running.values());
  }

  #start(key: string, execution: StoredExecution): void {
    const run = this.#runOf(execution);
    if (run === undefined) return;
    const entry: Entry = { uid: execution.metadata.uid, controller: new AbortController() };
    this.#entries.set(key, entry);
    this.#running.set(entry, this.#runToItsEnd(key, entry, run));
  }

  async #runToItsEnd(
    key: string,
    entry: Entry,
    run: (signal: AbortSignal) => Promise<RunEnd>,
  ): Promise<void> {
    const { logger, enqueue } = this.#options;
    let end: RunEnd | 'broken';
    try {
      end = await run(entry.controller.signal);
    } catch (error) {
      logger.error(
        { execution: key, err: error },
        'An execution could not be run; looking at it again later',
      );
      end = 'broken';
    }
    this.#running.delete(entry);
    if (end === 'settled' || end === 'gone' || this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    if (end !== 'left' && !this.#stopped) enqueue(key, lookAgainMilliseconds);
  }

  /** Undefined for an execution that is none of ours. */
  #runOf(execution: StoredExecution): ((signal: AbortSignal) => Promise<RunEnd>) | undefined {
    const { registry, unknownActions, clusterNames } = this.#options;
    const { phase, executor } = execution.status ?? {};
    if (isSettledExecutionPhase(phase)) return undefined;
    const message = unrunnable(execution, registry, clusterNames);
    const registered = registry.find(execution.spec?.action ?? '');
    if (message !== undefined || registered === undefined) {
      const isOthers = (phase === 'executing' && executor === undefined) || phase === 'waiting_approval';
      if (unknownActions === 'ignore' || isOthers) return undefined;
      return (signal) => refuseExecution(execution, message ?? 'It has no action.', this.#options, signal);
    }
    const limit = this.#limitOf(registered.plugin);
    return (signal) => runExecution(execution, registered.action, limit, this.#options, signal);
  }

  #limitOf(plugin: string): RunningLimit {
    let limit = this.#limits.get(plugin);
    if (limit === undefined) {
      limit = createRunningLimit(this.#options.concurrency);
      this.#limits.set(plugin, limit);
    }
    return limit;
  }
}
