import type { BackoffPolicy } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeLogger } from './kube-logger.ts';
import type { KubeObject } from './kube-object.ts';
import {
  type ListAndWatchOptions,
  pageListAndWatch,
  refusesStreamedList,
  streamListAndWatch,
} from './list-and-watch.ts';
import { createReconnectWait, type ReconnectWait } from './reconnect-wait.ts';
import type { ReflectorHandler } from './reflector-handler.ts';
import { createRepairTimer, type RepairTimer } from './repair-timer.ts';
import { type RelistReason, relistReason } from './relist-reason.ts';
import type { Selection } from './selection.ts';
import { unlessAborted } from './unless-aborted.ts';
import { WatchError } from './watch-error.ts';
import type { WatchEvent } from './watch-event.ts';

/** What a reflector counts. */
export interface ReflectorMetrics {
  /** A connection has ended, or an attempt at one; why. */
  readonly disconnected: (reason: RelistReason) => void;
  /** An initial list has replaced the state; why the attempt before it had ended. */
  readonly relisted: (reason: RelistReason) => void;
  readonly eventReceived: (type: WatchEvent<KubeObject>['type']) => void;
  readonly handlerFailed: () => void;
}

/** What is watched, who is told, and how patient a reflector is. */
export interface ReflectorOptions<T extends KubeObject> extends Selection {
  readonly client: KubeClient;
  readonly handler: ReflectorHandler<T>;
  /** Shrinks each object before it is kept or handed on, such as by dropping managedFields. */
  readonly transform?: (item: T) => T;
  readonly logger?: KubeLogger;
  readonly metrics?: Partial<ReflectorMetrics>;
  readonly clock?: Clock;
  /** Uniform in [0, 1); default Math.random. */
  readonly random?: () => number;
  /** Waits between attempts; default 100 ms, doubled, up to 10 s. */
  readonly backoff?: BackoffPolicy;
  /** The longest `Retry-After` that is obeyed, default 30,000. */
  readonly maxRetryAfterMilliseconds?: number;
  /**
   * How long a watch may be silent before it is given up, default 75,000: bookmarks come once a minute.
   * Source: `bookmarkFrequency` in k8s.io/apiserver/pkg/storage/cacher.
   */
  readonly readDeadlineMilliseconds?: number;
  /** A watch is asked for this long or up to twice as long, default 1800; each end costs a list. */
  readonly watchSeconds?: number;
  /** Items per page where the API server cannot stream its list, default 500. */
  readonly pageSize?: number;
  /** A longer line is taken for a fault, default 16 MiB. */
  readonly maxLineBytes?: number;
}

/** A view of the selected objects that follows the API server until it is stopped. */
export interface Reflector {
  /** Ends the watch; resolves when no handler will be called any more. */
  stop(): Promise<void>;
  /** Resolves after the first complete list; rejects with the signal's reason, or when the reflector stops. */
  synced(signal?: AbortSignal): Promise<void>;
  readonly hasSynced: boolean;
  /** Begins again with a consistent list, for who knows that what was told cannot be right. */
  relist(): void;
  /** True while a watch is open and past its initial list: what is known is current. */
  readonly connected: boolean;
  /** When the API server was last heard, on the clock's `now`; when the reflector started, before that. */
  lastActivity(): number;
  /** Everything up to here was told to the handler; goes back only with a `replaced`. */
  readonly resourceVersion: string | undefined;
}

/** The reflector was stopped before it had a list. */
export class ReflectorStoppedError extends Error {
  readonly code = 'ReflectorStopped';

  constructor() {
    super('The reflector was stopped');
    this.name = 'ReflectorStoppedError';
  }
}

/**
 * Starts to watch. Whatever happens to a connection, a new one is made, and each one begins with a consistent
 * list: no resourceVersion is ever resumed, because the API server is silent, without an error, about one from
 * the future (as after a restore of etcd), and what was deleted meanwhile would stay.
 */
export function startReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector {
  return new RunningReflector(options);
}

class RunningReflector<T extends KubeObject> implements Reflector {
  hasSynced = false;
  connected = false;
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #delivery: Delivery<T>;
  readonly #reconnectWait: ReconnectWait;
  readonly #repair: RepairTimer;
  readonly #stopping = new AbortController();
  readonly #firstSync = Promise.withResolvers<void>();
  readonly #ended: Promise<void>;
  /** Why the list that is being made, or the next one, is needed. */
  #reason: RelistReason = 'started';
  #connection = new AbortController();
  #heardAt: number;
  #currentSince: number | undefined;
  #pagedNext = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#reconnectWait = createReconnectWait({ ...options, clock: this.#clock, random: this.#random });
    this.#repair = createRepairTimer(this.#clock, this.#random, () => {
      this.#connection.abort(
        new WatchError('handler-failed', 'A handler threw and may have missed something'),
      );
    });
    this.#delivery = createDelivery({
      handler: options.handler,
      transform: options.transform ?? ((item) => item),
      onReplaced: () => {
        this.#replaced();
      },
      onHandlerFailed: (error) => {
        this.#handlerFailed(error);
      },
    });
    this.#heardAt = this.#clock.now();
    this.#firstSync.promise.catch(() => {}); // nobody need wait for it
    this.#ended = this.#run();
  }

  get resourceVersion(): string | undefined {
    return this.#delivery.resourceVersion;
  }

  lastActivity(): number {
    return this.#heardAt;
  }

  async synced(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return this.#firstSync.promise;
    await unlessAborted(this.#firstSync.promise, signal);
  }

  relist(): void {
    this.#connection.abort(new WatchError('relist-asked', 'A list was asked for'));
  }

  async stop(): Promise<void> {
    const stopped = new ReflectorStoppedError();
    this.#stopping.abort(stopped);
    this.#connection.abort(stopped);
    this.#firstSync.reject(stopped);
    this.#repair.cancel();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#connection = new AbortController();
      this.#currentSince = undefined;
      const error: unknown = await this.#connect(AbortSignal.any([signal, this.#connection.signal])).then(
        () => undefined,
        (thrown: unknown) => thrown ?? new Error('Something threw undefined'),
      );
      this.connected = false;
      if (signal.aborted) return;
      this.#reason = error === undefined ? 'closed' : relistReason(error);
      const wait = this.#reconnectWait.next(error, this.#currentSince);
      this.#tellEnd(error, wait);
      await this.#clock.sleep(wait, signal).catch(() => {});
    }
  }

  /** One connection, from its list to its end. */
  async #connect(signal: AbortSignal): Promise<void> {
    const options = this.#connectionOptions(signal);
    if (this.#pagedNext) {
      this.#pagedNext = false;
      await pageListAndWatch(options);
      return;
    }
    try {
      await streamListAndWatch(options);
    } catch (error) {
      if (this.#currentSince !== undefined) throw error;
      if (!refusesStreamedList(error)) {
        // What does not know of streamed lists, and does not say so, never ends one.
        this.#pagedNext = ['read-deadline', 'list-incomplete', 'timeout'].includes(relistReason(error));
        throw error;
      }
      await pageListAndWatch(options);
    }
  }

  #connectionOptions(signal: AbortSignal): ListAndWatchOptions<T> {
    const { client, transform, metrics, watchSeconds = 1800 } = this.#options;
    return {
      client,
      selection: this.#options,
      delivery: this.#delivery,
      transform: transform ?? ((item) => item),
      signal,
      clock: this.#clock,
      readDeadlineMilliseconds: this.#options.readDeadlineMilliseconds ?? 75_000,
      maxLineBytes: this.#options.maxLineBytes ?? 16 * 1024 * 1024,
      pageSize: this.#options.pageSize ?? 500,
      watchSeconds: Math.round(watchSeconds * (1 + this.#random())),
      onActivity: () => {
        this.#heardAt = this.#clock.now();
      },
      onEvent: (type) => {
        this.#tell(() => {
          metrics?.eventReceived?.(type);
        });
      },
      onCurrent: () => {
        this.connected = true;
        this.#currentSince = this.#clock.now();
      },
    };
  }

  #replaced(): void {
    this.hasSynced = true;
    this.#firstSync.resolve();
    this.#tell(() => {
      this.#options.metrics?.relisted?.(this.#reason);
    });
  }

  #handlerFailed(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#repair.needed();
    this.#tell(() => {
      this.#options.metrics?.handlerFailed?.();
      this.#options.logger?.error(
        { err: error, kind: this.#options.kind.kind },
        'A handler of the watch threw',
      );
    });
  }

  #tellEnd(error: unknown, wait: number): void {
    const facts = { kind: this.#options.kind.kind, reason: this.#reason, waitMilliseconds: Math.round(wait) };
    this.#tell(() => {
      this.#options.metrics?.disconnected?.(this.#reason);
      if (error === undefined) this.#options.logger?.debug(facts, 'The watch ended; making a new one');
      else this.#options.logger?.warn({ ...facts, err: error }, 'The watch was lost; making a new one');
    });
  }

  /** A logger or a metric that throws is no reason to stop watching. */
  #tell(what: () => void): void {
    try {
      what();
    } catch {
      // There is nobody left to tell.
    }
  }
}
