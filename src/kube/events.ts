import type { Clock } from './clock.ts';
import {
  type EventFacts,
  eventName,
  eventNamespace,
  eventObject,
  type EventReporter,
  eventSeriesKey,
  seriesPatch,
} from './event-object.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeLogger } from './kube-logger.ts';
import { isKubeStatus, KubeStatusError } from './kube-status-error.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';
import { resourcePath } from './resource-path.ts';

/** Who records Events, and the bounds of it. */
export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly reporter: EventReporter;
  readonly clock: Clock;
  /** The time of day, for the Events' own times. */
  readonly date: () => Date;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger?: KubeLogger;
  /** Events that wait to be sent, default 256; further ones are dropped. */
  readonly maxQueue?: number;
  /** Series that are remembered, default 1024; the longest unseen is forgotten first. */
  readonly maxSeries?: number;
  /** How often at most a series' count is written, default every 30,000. */
  readonly seriesMilliseconds?: number;
  /** Writes per second on average, default 5, and at once, default 25. */
  readonly perSecond?: number;
  readonly burst?: number;
}

/** Records Events beside the work: whatever happens to an Event, the work goes on. */
export interface EventRecorder {
  /** Never throws, never waits. */
  record(facts: EventFacts): void;
  /** Events that were never sent: the queue was full, or the API server refused them. */
  readonly dropped: number;
  /** Resolves when nothing waits to be sent; counts of a series may still be due. */
  idle(): Promise<void>;
  /** Ends the sending, what waits is lost. */
  stop(): Promise<void>;
}

const eventKind = { group: 'events.k8s.io', version: 'v1', plural: 'events' };
const maxTries = 3;

/** What recurs, as one Event with a count. */
interface Series {
  readonly facts: EventFacts;
  name: string;
  /** Observations so far, and how many of them the API server knows. */
  count: number;
  written: number;
  lastObserved: Date;
  queued: boolean;
  cancelDue: (() => void) | undefined;
}

/** A recorder of events.k8s.io/v1 Events. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new QueueingRecorder(options);
}

class QueueingRecorder implements EventRecorder {
  dropped = 0;
  readonly #options: EventRecorderOptions;
  readonly #limiter: RateLimiter;
  readonly #stopping = new AbortController();
  /** In the order of their last observation. */
  readonly #series = new Map<string, Series>();
  readonly #queue: Series[] = [];
  #sending: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#limiter = createRateLimiter(options.clock, options.perSecond ?? 5, options.burst ?? 25);
  }

  record(facts: EventFacts): void {
    if (this.#stopping.signal.aborted) return;
    try {
      this.#observe(facts);
    } catch (error) {
      this.dropped += 1;
      this.#options.logger?.warn({ err: error }, 'An Event could not be recorded');
    }
  }

  async idle(): Promise<void> {
    await this.#sending;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const series of this.#series.values()) series.cancelDue?.();
    this.#series.clear();
    this.#queue.length = 0;
    await this.#sending;
  }

  #observe(facts: EventFacts): void {
    const key = eventSeriesKey(facts);
    const known = this.#series.get(key);
    const now = this.#options.date();
    if (known !== undefined) {
      known.count += 1;
      known.lastObserved = now;
      this.#remember(key, known);
      this.#writeCountLater(known);
      return;
    }
    const series: Series = {
      facts,
      name: eventName(facts.regarding, now, this.#options.random()),
      count: 1,
      written: 0,
      lastObserved: now,
      queued: false,
      cancelDue: undefined,
    };
    if (this.#enqueue(series)) this.#remember(key, series);
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key);
    this.#series.set(key, series);
    if (this.#series.size <= (this.#options.maxSeries ?? 1024)) return;
    for (const [oldest, forgotten] of this.#series) {
      forgotten.cancelDue?.();
      this.#series.delete(oldest);
      return;
    }
  }

  #writeCountLater(series: Series): void {
    if (series.queued || series.cancelDue !== undefined) return;
    series.cancelDue = this.#options.clock.setTimer(this.#options.seriesMilliseconds ?? 30_000, () => {
      series.cancelDue = undefined;
      this.#enqueue(series);
    });
  }

  #enqueue(series: Series): boolean {
    if (this.#queue.length >= (this.#options.maxQueue ?? 256)) {
      this.#drop(series, 'The queue of Events is full');
      return false;
    }
    series.queued = true;
    this.#queue.push(series);
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
    return true;
  }

  async #send(): Promise<void> {
    for (let series = this.#queue[0]; series !== undefined; series = this.#queue[0]) {
      try {
        await this.#write(series);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#drop(series, 'An Event could not be written', error);
      }
      this.#queue.shift();
      series.queued = false;
      // Observed again while it was written.
      if (series.written > 0 && series.count > series.written) this.#writeCountLater(series);
    }
  }

  /** Tries again what may pass: the Event's name makes a second create of it harmless. */
  async #write(series: Series): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 1; ; attempt += 1) {
      for (let wait = this.#limiter.take(); wait > 0; wait = this.#limiter.take()) {
        await clock.sleep(wait, signal);
      }
      try {
        if (series.written === 0) await this.#create(series);
        else await this.#update(series);
        return;
      } catch (error) {
        if (signal.aborted || attempt === maxTries || !mayPass(error)) throw error;
      }
      await clock.sleep(attempt * 1000, signal);
    }
  }

  async #create(series: Series): Promise<void> {
    const { count, facts, name, lastObserved } = series;
    try {
      await this.#options.client.request({
        method: 'POST',
        path: resourcePath(eventKind, { namespace: eventNamespace(facts.regarding) }),
        body: eventObject(facts, this.#options.reporter, name, lastObserved),
        signal: this.#stopping.signal,
      });
    } catch (error) {
      // An earlier try whose answer was lost.
      if (!isKubeStatus(error, 409, 'AlreadyExists')) throw error;
    }
    // The Event itself is one observation; a count is written only for more of them.
    series.written = Math.min(count, 1);
  }

  async #update(series: Series): Promise<void> {
    const { count, facts, lastObserved } = series;
    try {
      await this.#options.client.request({
        method: 'PATCH',
        path: resourcePath(eventKind, { namespace: eventNamespace(facts.regarding), name: series.name }),
        contentType: 'application/merge-patch+json',
        body: seriesPatch(count, lastObserved),
        signal: this.#stopping.signal,
      });
      series.written = count;
    } catch (error) {
      if (!isKubeStatus(error, 404)) throw error;
      // Events expire, after an hour by default; what goes on then begins anew.
      series.name = eventName(facts.regarding, lastObserved, this.#options.random());
      series.count = 1;
      series.written = 0;
      await this.#create(series);
    }
  }

  #drop(series: Series, message: string, error?: unknown): void {
    this.dropped += 1;
    const { reason, regarding } = series.facts;
    const facts = { reason, kind: regarding.kind, namespace: regarding.namespace, name: regarding.name };
    this.#options.logger?.debug(error === undefined ? facts : { ...facts, err: error }, message);
  }
}

function mayPass(error: unknown): boolean {
  return !(error instanceof KubeStatusError) || error.status.code >= 500 || error.status.code === 429;
}
