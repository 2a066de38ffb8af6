import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How a queue stands; asked at each scrape. */
export interface ScrapedQueue {
  readonly depth: number;
  /** When each key that is being worked on was taken, in milliseconds of `now`. */
  readonly takenAt: Iterable<number>;
}

/** What one queue tells. */
export interface NamedQueueMetrics {
  readonly added: () => void;
  readonly retried: () => void;
  readonly taken: (waitedSeconds: number) => void;
  readonly done: (workedSeconds: number) => void;
}

export interface WorkQueueMetricsSet {
  /** The metrics of the queue `name`; `state` is asked at each scrape. */
  readonly queue: (name: string, state: () => ScrapedQueue) => NamedQueueMetrics;
}

/** client-go's buckets: from 10 ns, of which we need those from 10 µs, to 1000 s. */
const secondsBuckets = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

/**
 * How work queues fare, by client-go's names, which dashboards for controllers know. `now` is the clock of the
 * queues, in milliseconds.
 */
export function createWorkQueueMetrics(registry: Registry, now: () => number): WorkQueueMetricsSet {
  const registers = [registry];
  const labelNames = ['name'] as const;
  const states = new Map<string, () => ScrapedQueue>();
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Keys that a queue took in.',
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Keys that came back because the work on them had failed.',
    labelNames,
    registers,
  });
  const queueDuration = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'From the moment a key could be taken until it was.',
    labelNames,
    buckets: secondsBuckets,
    registers,
  });
  const workDuration = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'From the moment a key was taken until it was done.',
    labelNames,
    buckets: secondsBuckets,
    registers,
  });
  gauge('workqueue_depth', 'Keys that wait to be taken.', ({ depth }) => depth);
  gauge('workqueue_unfinished_work_seconds', 'How long all work that goes on has gone on, in sum.', (state) =>
    ages(state).reduce((sum, age) => sum + age, 0),
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How long the longest of the work that goes on has gone on.',
    (state) => Math.max(0, ...ages(state)),
  );

  function ages({ takenAt }: ScrapedQueue): number[] {
    const at = now();
    return [...takenAt].map((milliseconds) => (at - milliseconds) / 1000);
  }

  function gauge(name: string, help: string, value: (state: ScrapedQueue) => number): void {
    const metric: Gauge<'name'> = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect: () => {
        for (const [queue, state] of states) metric.set({ name: queue }, value(state()));
      },
    });
  }

  return {
    queue: (name, state) => {
      states.set(name, state);
      return {
        added: () => adds.inc({ name }),
        retried: () => retries.inc({ name }),
        taken: (seconds) => queueDuration.observe({ name }, seconds),
        done: (seconds) => workDuration.observe({ name }, seconds),
      };
    },
  };
}
