import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { PluginMetrics } from '../../src/observability/plugin-metrics.ts';
import { describeFailure, type PluginFailure } from '../../src/plugin/plugin-failure.ts';

const quietMilliseconds = 1_000;

/** Counts every failure of a plugin, and logs one a second of each part: who sends executions cannot fill the log. */
export function createPluginFailureLog(
  logger: Pick<Logger, 'error'>,
  clock: Pick<Clock, 'now'>,
  metrics: PluginMetrics,
): (failure: PluginFailure) => void {
  const loggedAt = new Map<string, number>();
  return (failure) => {
    const { plugin, part, kind, error } = failure;
    metrics.failed(plugin, kind);
    const key = `${plugin}/${part}`;
    if (clock.now() - (loggedAt.get(key) ?? Number.NEGATIVE_INFINITY) < quietMilliseconds) return;
    loggedAt.set(key, clock.now());
    logger.error({ plugin, part, kind, err: error }, describeFailure(failure));
  };
}
