import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How a reconcile ended. `requeue_after`: well, and it wants to come back. */
export type ReconcileOutcome = 'success' | 'requeue_after' | 'error';

/** What one controller tells. */
export interface NamedControllerMetrics {
  readonly started: () => void;
  readonly ended: (outcome: ReconcileOutcome, seconds: number) => void;
}

export interface ControllerMetricsSet {
  /** The metrics of the controller `name`, which reconciles at most so many keys at the same time. */
  readonly controller: (name: string, maxConcurrent: number) => NamedControllerMetrics;
}

/** controller-runtime's buckets for reconciles, thinned. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const outcomes: readonly ReconcileOutcome[] = ['success', 'requeue_after', 'error'];

/** How reconciles go, by controller-runtime's names, which dashboards for controllers know. */
export function createControllerMetrics(registry: Registry): ControllerMetricsSet {
  const registers = [registry];
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by how they ended.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that threw.',
    labelNames: ['controller'],
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconcile took.',
    labelNames: ['controller'],
    buckets: secondsBuckets,
    registers,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciles that go on.',
    labelNames: ['controller'],
    registers,
  });
  const most = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Reconciles that may go on at the same time.',
    labelNames: ['controller'],
    registers,
  });
  return {
    controller: (controller, maxConcurrent) => {
      most.set({ controller }, maxConcurrent);
      // A rate over a counter that is not there yet would miss its first step.
      active.set({ controller }, 0);
      errors.inc({ controller }, 0);
      for (const result of outcomes) total.inc({ controller, result }, 0);
      return {
        started: () => active.inc({ controller }),
        ended: (result, seconds) => {
          active.dec({ controller });
          total.inc({ controller, result });
          time.observe({ controller }, seconds);
          if (result === 'error') errors.inc({ controller });
        },
      };
    },
  };
}
