import { Counter, type Registry } from 'prom-client';

export interface PluginMetrics {
  /** `kind`: threw, hung, nonsense or resting. */
  readonly failed: (plugin: string, kind: string) => void;
}

/** How often plugins fail. */
export function createPluginMetrics(registry: Registry): PluginMetrics {
  const failures = new Counter({
    name: 'stepgate_plugin_failures_total',
    help: 'Questions at admission that a plugin gave no answer to.',
    labelNames: ['plugin', 'kind'],
    registers: [registry],
  });
  return { failed: (plugin, kind) => failures.inc({ plugin, kind }) };
}
