import { Counter, type Registry } from 'prom-client';

export interface ConfigMetrics {
  /** The value of a key could not be used. */
  readonly rejected: (key: string) => void;
}

/** What is wrong with the configuration. */
export function createConfigMetrics(registry: Registry): ConfigMetrics {
  const errors = new Counter({
    name: 'stepgate_config_errors_total',
    help: 'Values of the configuration that could not be used, so that the ones before stay in force.',
    labelNames: ['key'],
    registers: [registry],
  });
  return { rejected: (key) => errors.inc({ key }) };
}
