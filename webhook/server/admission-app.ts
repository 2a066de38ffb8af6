/** The admission port's routes. */
import type { Express, Request, Response } from 'express';
import { closeRoutes, createExpressApp, refuseOtherMethods } from '../../src/http/express-app.ts';
import type { Readiness } from '../../src/http/health-routes.ts';
import { addHealthRoutes } from '../../src/http/health-routes.ts';
import { HttpRefusal, refusalReasons } from '../../src/http/http-refusal.ts';
import type { AdmissionCallOptions, AdmissionRoute } from './admission-call.ts';
import { answerCall } from './admission-call.ts';
import { createRefusalLog } from './refusal-log.ts';

export interface AdmissionAppOptions extends AdmissionCallOptions {
  readonly routes: readonly AdmissionRoute[];
  readonly readiness: () => Readiness;
  /** Whether the client on the connection of this request may call. */
  readonly mayCall: (request: Request) => boolean;
}

/** POST to the routes, GET to `/healthz` and `/readyz`, and a clear error to everything else. */
export function createAdmissionApp(options: AdmissionAppOptions): Express {
  const app = createExpressApp();
  const logRefusal = createRefusalLog(options.logger, options.clock);
  for (const route of options.routes) {
    // express 5 waits for the promise and takes its rejection to the error handler.
    app.post(route.path, (request: Request, response: Response) => {
      if (!options.mayCall(request))
        throw new HttpRefusal(403, 'the client certificate has none of the names');
      return answerCall(route, request, response, options);
    });
    refuseOtherMethods(app, route.path, 'POST');
  }
  addHealthRoutes(app, options.readiness, options.draining);
  for (const path of ['/healthz', '/readyz']) refuseOtherMethods(app, path, 'GET');
  closeRoutes(app, {
    ...options,
    lingerMilliseconds: options.limits.lingerMilliseconds,
    refused(refusal) {
      logRefusal(refusal);
      options.metrics.observe({
        route: '',
        decision: 'refused',
        reason: refusalReasons[refusal.httpCode],
        seconds: 0,
      });
    },
  });
  return app;
}
