import { createBackoff } from '../../src/kube/backoff.ts';
import { beforeDeadline } from '../../src/kube/before-deadline.ts';
import type { Clock } from '../../src/kube/clock.ts';
import { defaultRetryPolicy, type WorkQueue } from '../../src/kube/work-queue.ts';
import type {
  ControllerMetricsSet,
  NamedControllerMetrics,
} from '../../src/observability/controller-metrics.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { ControllerSetup, ReconcileResult } from '../controller/controller.ts';
import { bindSource } from './bind-source.ts';

export interface ControllerRunnerOptions {
  readonly name: string;
  readonly setup: ControllerSetup;
  readonly queue: WorkQueue;
  readonly metrics: ControllerMetricsSet;
  /** Its lines name the controller. */
  readonly logger: Logger;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** How long the end of a controller may take, in milliseconds. */
export interface DrainTimes {
  /** For reconciles to end by themselves. Their signal is aborted then. */
  readonly drainMilliseconds: number;
  /** For what was aborted. */
  readonly abortMilliseconds: number;
  /** For the controller's `stop`. */
  readonly stopMilliseconds: number;
}

/** One controller's sources and workers. */
export interface ControllerRunner {
  /** Runs `started` until it succeeds, then begins to reconcile. Resolves when it has begun or was stopped. */
  lead(): Promise<void>;
  /** Aborts what is under way: this process leads no more. */
  abort(reason: unknown): void;
  /** Takes no further key, lets reconciles end, then calls the controller's `stop`. Never rejects. */
  stop(times: DrainTimes): Promise<void>;
}

const defaultConcurrency = 8;

export function createControllerRunner(options: ControllerRunnerOptions): ControllerRunner {
  return new Runner(options);
}

class Runner implements ControllerRunner {
  readonly #options: ControllerRunnerOptions;
  readonly #metrics: NamedControllerMetrics;
  readonly #concurrency: number;
  readonly #logger: Logger;
  /** What `started` is given: aborted when this process leads no more, or when all has ended. */
  readonly #term = new AbortController();
  /** What reconciles are given. */
  readonly #aborted = new AbortController();
  readonly #underWay = new Set<string>();
  #unbind: (() => void)[] = [];
  #working = false;
  #stopped: Promise<void> | undefined;

  constructor(options: ControllerRunnerOptions) {
    const { name, setup, metrics, logger } = options;
    this.#options = options;
    this.#concurrency = Math.max(1, Math.floor(setup.concurrency ?? defaultConcurrency));
    this.#metrics = metrics.controller(name, this.#concurrency);
    this.#logger = logger;
  }

  async lead(): Promise<void> {
    if (!(await this.#runStarted())) return;
    const { setup, queue } = this.#options;
    this.#working = true;
    this.#unbind = setup.sources.map((source) => bindSource(source, queue, this.#logger));
    for (let worker = 0; worker < this.#concurrency; worker += 1) void this.#work();
  }

  abort(reason: unknown): void {
    this.#term.abort(reason);
    this.#aborted.abort(reason);
    void this.#options.queue.shutDown();
  }

  stop(times: DrainTimes): Promise<void> {
    this.#stopped ??= this.#drain(times);
    return this.#stopped;
  }

  /** False when it was stopped before. */
  async #runStarted(): Promise<boolean> {
    const { setup, clock, random } = this.#options;
    const { signal } = this.#term;
    const backoff = createBackoff({ ...defaultRetryPolicy, initialMilliseconds: 100 }, random);
    while (!signal.aborted) {
      try {
        await setup.started?.(signal);
        return !this.#term.signal.aborted;
      } catch (error) {
        if (this.#term.signal.aborted) return false;
        this.#logger.error({ err: error }, 'A controller could not start; it will be tried again');
      }
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
    return false;
  }

  async #work(): Promise<void> {
    const { queue } = this.#options;
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      this.#underWay.add(key);
      await this.#reconcile(key);
      this.#underWay.delete(key);
      queue.done(key);
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { setup, queue, clock } = this.#options;
    const startedAt = clock.now();
    const seconds = (): number => (clock.now() - startedAt) / 1000;
    this.#metrics.started();
    try {
      const after = delayOf(await setup.reconcile(key, this.#aborted.signal));
      queue.forget(key);
      if (after !== undefined) queue.addAfter(key, after);
      this.#metrics.ended(after === undefined ? 'success' : 'requeue_after', seconds());
    } catch (error) {
      this.#metrics.ended('error', seconds());
      queue.addRateLimited(key);
      if (this.#aborted.signal.aborted) this.#logger.debug({ key, err: error }, 'A reconcile was aborted');
      else this.#logger.error({ key, err: error }, 'A reconcile failed; it will be tried again');
    }
  }

  async #drain({ drainMilliseconds, abortMilliseconds, stopMilliseconds }: DrainTimes): Promise<void> {
    const { queue, setup } = this.#options;
    const reason = new Error('The manager is stopped');
    // What has not begun need not end.
    if (!this.#working) this.#term.abort(reason);
    for (const unbind of this.#unbind) unbind();
    const drained = queue.shutDown();
    if (!(await this.#within(drainMilliseconds, drained))) {
      this.#logger.warn({ keys: [...this.#underWay] }, 'Reconciles did not end in time; they are aborted');
      this.#aborted.abort(reason);
      if (!(await this.#within(abortMilliseconds, drained))) {
        this.#logger.error(
          { keys: [...this.#underWay] },
          'Reconciles do not obey their signal; they are left',
        );
      }
    }
    if (!(await this.#within(stopMilliseconds, (async () => setup.stop?.())()))) {
      this.#logger.error({}, 'A controller could not be stopped');
    }
    this.#term.abort(reason);
  }

  /** True when it was done in time. */
  async #within(milliseconds: number, promise: Promise<void>): Promise<boolean> {
    try {
      await beforeDeadline(promise, { clock: this.#options.clock, milliseconds, what: 'Stopping' });
      return true;
    } catch (error) {
      this.#logger.debug({ err: error }, 'Something did not end');
      return false;
    }
  }
}

/** @throws TypeError for what is no time: taken for zero, it would never rest */
function delayOf(result: ReconcileResult | undefined): number | undefined {
  const after: unknown = result?.after;
  if (after === undefined) return undefined;
  if (typeof after === 'number' && after >= 0) return after;
  throw new TypeError(`A reconcile asked to come back after ${JSON.stringify(after)} milliseconds`);
}
