import { collectDefaultMetrics, Registry } from 'prom-client';

export interface MetricsRegistryOptions {
  /** Adds the metrics of the process and of Node (`process_*`, `nodejs_*`); default false. */
  readonly processMetrics?: boolean;
}

/**
 * A registry of its own for whoever serves `/metrics`: prom-client's global one would be shared by all who
 * live in a process, such as two replicas in a test.
 */
export function createMetricsRegistry({ processMetrics = false }: MetricsRegistryOptions = {}): Registry {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return registry;
}
