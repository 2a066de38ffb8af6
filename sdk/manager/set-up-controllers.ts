import { createWorkQueue } from '../../src/kube/work-queue.ts';
import { createControllerMetrics } from '../../src/observability/controller-metrics.ts';
import { withFacts } from '../../src/observability/logger.ts';
import { createWorkQueueMetrics } from '../../src/observability/work-queue-metrics.ts';
import type { Controller, ControllerContext } from '../controller/controller.ts';
import { type ControllerRunner, createControllerRunner } from './controller-runner.ts';

/** What is the same for all controllers of a manager. */
export type SharedContext = Omit<ControllerContext, 'enqueue'>;

/** Sets controllers up, each with a queue and a logger of its own. @throws what a `setup` throws */
export function setUpControllers(
  controllers: readonly Controller[],
  shared: SharedContext,
): readonly ControllerRunner[] {
  const { clock, random, metrics } = shared;
  const queueMetrics = createWorkQueueMetrics(metrics, clock.now);
  const controllerMetrics = createControllerMetrics(metrics);
  return controllers.map((controller) => {
    const { name } = controller;
    const logger = withFacts(shared.logger, { controller: name });
    const queue = createWorkQueue({ clock, random, metrics: queueMetrics.queue(name, () => queue.state) });
    const setup = controller.setup({
      ...shared,
      logger,
      enqueue(key, { after, priority = 0 } = {}) {
        if (after === undefined) queue.add(key, { priority });
        else queue.addAfter(key, after, { priority });
      },
    });
    return createControllerRunner({ name, setup, queue, metrics: controllerMetrics, logger, clock, random });
  });
}
