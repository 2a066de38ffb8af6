import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How an attempt ended. `unanswered`: by a request that the API server gave no answer to. */
export type AttemptResult = 'completed' | 'failed' | 'unanswered' | 'timed_out' | 'not_stopped' | 'aborted';

export interface ExecutionMetrics {
  /** One attempt at an action has ended; `seconds` from its begin. */
  readonly attempted: (action: string, result: AttemptResult, seconds: number) => void;
  /** An attempt was left undecided, and the action is begun again. */
  readonly interrupted: (action: string) => void;
  /** An error that plugin code let go of after it had returned. */
  readonly strayError: (action: string) => void;
  /** Actions that run, and that wait for a place to run; asked at each scrape. */
  readonly load: (load: () => { readonly running: number; readonly waiting: number }) => void;
}

/** From a single API call to the longest drain. */
const secondsBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** How actions do. The label `action` has only names that plugins have registered. */
export function createExecutionMetrics(registry: Registry): ExecutionMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'stepgate_action_duration_seconds',
    help: 'One attempt at an action, by how it ended.',
    labelNames: ['action', 'result'],
    buckets: secondsBuckets,
    registers,
  });
  const interruptions = new Counter({
    name: 'stepgate_action_interruptions_total',
    help: 'Attempts that ended with the controller that made them, or with a request that was not answered.',
    labelNames: ['action'],
    registers,
  });
  const strayErrors = new Counter({
    name: 'stepgate_action_stray_errors_total',
    help: 'Errors that the code of an action let go of after it had returned.',
    labelNames: ['action'],
    registers,
  });
  let load = (): { readonly running: number; readonly waiting: number } => ({ running: 0, waiting: 0 });
  const running: Gauge = new Gauge({
    name: 'stepgate_actions_running',
    help: 'Actions that run now.',
    registers,
    collect: () => running.set(load().running),
  });
  const waiting: Gauge = new Gauge({
    name: 'stepgate_actions_waiting',
    help: 'Executions that wait for a place to run their action.',
    registers,
    collect: () => waiting.set(load().waiting),
  });
  return {
    attempted: (action, result, seconds) => duration.observe({ action, result }, seconds),
    interrupted: (action) => interruptions.inc({ action }),
    strayError: (action) => strayErrors.inc({ action }),
    load: (of) => {
      load = of;
    },
  };
}
