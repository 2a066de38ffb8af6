import type { RunDependencies } from './run-dependencies.ts';
import { ExecutionDeletedError } from './execution-deleted-error.ts';
import type { RunEnd } from './run-execution.ts';
import { type ActionPlaces, createActionPlaces } from './action-places.ts';
import type { StoredExecution } from './stored-execution.ts';
import { type Work, workOf, type WorkFacts } from './work-of-execution.ts';

/** Everything that runs in this process, beside the reconciles. */
export interface ExecutionRuns {
  /** Starts, leaves or aborts what runs under this key, by the execution as the cache shows it. Returns at once. */
  follow(key: string, execution: StoredExecution | undefined): void;
  /** Tells every action to stop, and starts none any more. */
  abort(): void;
  /** The same; resolves when all of them have stopped, or were given up. */
  stop(): Promise<void>;
}

export interface ExecutionRunsOptions extends RunDependencies, WorkFacts {
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
  /** Undefined while it waits for a place. */
  controller: AbortController | undefined;
  /** Ends the waiting. */
  leave: () => void;
}

export function createExecutionRuns(options: ExecutionRunsOptions): ExecutionRuns {
  return new FollowedRuns(options);
}

class FollowedRuns implements ExecutionRuns {
  readonly #options: ExecutionRunsOptions;
  /** Until the cache shows that they are settled or gone: it may still show what they were. */
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<Entry, Promise<void>>();
  readonly #places = new Map<string, ActionPlaces>();
  #stopped = false;

  constructor(options: ExecutionRunsOptions) {
    this.#options = options;
    options.metrics.load(() => {
      const places = [...this.#places.values()];
      const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
      return {
        running: sum(places.map(({ running, waiting }) => running.running + waiting.running)),
        waiting: sum(places.map(({ running }) => running.waiting)),
      };
    });
  }

  follow(key: string, execution: StoredExecution | undefined): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.uid === execution?.metadata.uid) {
      if (execution.metadata.deletionTimestamp !== undefined) this.#delete(key, entry, execution);
      return;
    }
    if (entry !== undefined) {
      this.#entries.delete(key);
      entry.leave();
      entry.controller?.abort(new ExecutionDeletedError());
    }
    if (execution !== undefined && !this.#stopped) this.#start(key, execution);
  }

  abort(): void {
    this.#stopped = true;
    for (const { leave } of this.#entries.values()) leave();
    for (const { controller } of this.#running.keys()) controller?.abort(new ControllerStoppedError());
  }

  async stop(): Promise<void> {
    this.abort();
    await Promise.all(this.#running.values());
  }

  #start(key: string, execution: StoredExecution): void {
    const work = this.#workOf(execution);
    if (work === undefined) return;
    const entry: Entry = { uid: execution.metadata.uid, controller: undefined, leave: () => {} };
    this.#entries.set(key, entry);
    if (work.places === undefined) this.#begin(key, entry, work.run);
    else entry.leave = this.#wait(work.places, key, entry, execution);
  }

  /** Keeps no more than it must: thousands wait. */
  #wait({ running }: ActionPlaces, key: string, entry: Entry, execution: StoredExecution): () => void {
    return running.enter(execution.metadata.namespace ?? '', (place) => {
      const work = this.#workOf(execution);
      if (work === undefined) place();
      else this.#begin(key, entry, work.run, place);
    });
  }

  #workOf(execution: StoredExecution): Work | undefined {
    return workOf(execution, this.#options, (plugin) => this.#placesOf(plugin));
  }

  #begin(key: string, entry: Entry, run: Work['run'], place?: () => void): void {
    const controller = new AbortController();
    entry.controller = controller;
    this.#running.set(
      entry,
      this.#runToItsEnd(key, entry, () => run(controller.signal, place)),
    );
  }

  /** It is being deleted. What waits for a place is ended without one: finalizers may keep it, and its slot, for long. */
  #delete(key: string, entry: Entry, execution: StoredExecution): void {
    if (entry.controller === undefined) {
      entry.leave();
      this.#entries.delete(key);
      if (!this.#stopped) this.#start(key, execution);
      return;
    }
    entry.controller.abort(new ExecutionDeletedError());
  }

  async #runToItsEnd(key: string, entry: Entry, run: () => Promise<RunEnd>): Promise<void> {
    const { logger, enqueue } = this.#options;
    let end: RunEnd | 'broken';
    try {
      end = await run();
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

  #placesOf(plugin: string): ActionPlaces {
    let places = this.#places.get(plugin);
    if (places === undefined) {
      places = createActionPlaces(this.#options.concurrency);
      this.#places.set(plugin, places);
    }
    return places;
  }
}
