/** The metrics port's routes. */
import type { Express } from 'express';
import type { Clock } from '../kube/clock.ts';
import type { Logger } from '../observability/logger.ts';
import { closeRoutes, createExpressApp, refuseOtherMethods } from './express-app.ts';
import type { MetricsSource, Readiness } from './health-routes.ts';
import { addHealthRoutes, addMetricsRoute } from './health-routes.ts';

export interface MetricsAppOptions {
  /** How long a refused sender may go on sending before its connection is closed. */
  readonly lingerMilliseconds: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readiness: () => Readiness;
  readonly metricsSource: MetricsSource;
}

/** GET to `/healthz`, `/readyz` and `/metrics`, and a clear error to everything else. */
export function createMetricsApp(options: MetricsAppOptions): Express {
  const app = createExpressApp();
  // Whoever watches a drain asks here until its end.
  const draining = (): boolean => false;
  addHealthRoutes(app, options.readiness, draining);
  addMetricsRoute(app, options.metricsSource);
  for (const path of ['/healthz', '/readyz', '/metrics']) refuseOtherMethods(app, path, 'GET');
  closeRoutes(app, {
    ...options,
    draining,
    refused: (refusal) => options.logger.debug({ reason: refusal.message }, 'a request was refused'),
  });
  return app;
}
