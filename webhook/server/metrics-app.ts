/** The metrics port's routes. */
import type { Express } from 'express';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { closeRoutes, createExpressApp, refuseOtherMethods } from './express-app.ts';
import type { MetricsSource, Readiness } from './health-routes.ts';
import { addHealthRoutes, addMetricsRoute } from './health-routes.ts';
import type { ServerLimits } from './server-limits.ts';

export interface MetricsAppOptions {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readiness: () => Readiness;
  readonly metricsSource: MetricsSource;
  readonly draining: () => boolean;
}

/** GET to `/healthz`, `/readyz` and `/metrics`, and a clear error to everything else. */
export function createMetricsApp(options: MetricsAppOptions): Express {
  const app = createExpressApp();
  addHealthRoutes(app, options.readiness, options.draining);
  addMetricsRoute(app, options.metricsSource);
  for (const path of ['/healthz', '/readyz', '/metrics']) refuseOtherMethods(app, path, 'GET');
  closeRoutes(app, {
    ...options,
    lingerMilliseconds: options.limits.lingerMilliseconds,
    refused: (refusal) => options.logger.debug({ reason: refusal.message }, 'a request was refused'),
  });
  return app;
}
