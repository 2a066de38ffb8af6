import { Gauge, Histogram, type Registry } from 'prom-client';

/** How busy the workflows are that this process looks after. */
export interface WorkflowTotals {
  /** Executions that hold a slot. */
  readonly active: number;
  /** Steps that could run and have no slot. */
  readonly queued: number;
  /** Workflows that run. */
  readonly running: number;
  /** Slots of one workflow. */
  readonly limit: number;
}

export interface WorkflowMetrics {
  /** An execution has settled so many seconds after its creation. */
  readonly executed: (seconds: number) => void;
  /** A step that could run has been waiting so many seconds for its slot. */
  readonly waited: (seconds: number) => void;
}

/** How workflows fare. `totals` is asked at each scrape. */
export function createWorkflowMetrics(registry: Registry, totals: () => WorkflowTotals): WorkflowMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, value: (of: WorkflowTotals) => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value(totals())) });
  };
  gauge(
    'workflow_parallel_workers_active',
    'Executions that hold a slot of their workflow.',
    ({ active }) => active,
  );
  gauge(
    'workflow_parallel_workers_max',
    'Slots of all running workflows: the limit times their number.',
    ({ limit, running }) => limit * running,
  );
  gauge(
    'workflow_parallel_steps_queued',
    'Steps whose dependencies are completed and that have no slot.',
    ({ queued }) => queued,
  );
  const duration = new Histogram({
    name: 'workflow_parallel_execution_duration_seconds',
    help: 'From the creation of an execution until it has settled.',
    buckets: [0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 3_600],
    registers,
  });
  const wait = new Histogram({
    name: 'stepgate_slot_wait_seconds',
    help: 'How long a step that could run has waited for its slot.',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600],
    registers,
  });
  return {
    executed: (seconds) => duration.observe(seconds),
    waited: (seconds) => wait.observe(seconds),
  };
}
