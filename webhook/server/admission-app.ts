/** The admission port's routes. */
import type { Express, NextFunction, Request, Response } from 'express';
import { closeRoutes, createExpressApp, refuseOtherMethods } from '../../src/http/express-app.ts';
import { answerEmpty } from '../../src/http/answer.ts';
import type { Readiness } from '../../src/http/health-routes.ts';
import { addHealthRoutes } from '../../src/http/health-routes.ts';
import { HttpRefusal, refusalReasons } from '../../src/http/http-refusal.ts';
import type { AdmissionCallOptions, AdmissionRoute } from './admission-call.ts';
import { answerCall } from './admission-call.ts';
import { type AdmissionPath, behindSegment } from './admission-path.ts';
import { createRefusalLog } from './refusal-log.ts';

export interface AdmissionAppOptions extends AdmissionCallOptions {
  readonly routes: readonly AdmissionRoute[];
  readonly readiness: () => Readiness;
  /** With it, all paths begin with one of its segments, and anything else is a 404. */
  readonly admissionPath?: (() => AdmissionPath) | undefined;
  /** Whether the client on the connection of this request may call. */
  readonly mayCall: (request: Request) => boolean;
  /** Told of each request of somebody who may call. */
  readonly believed: (request: Request) => void;
}

/** Answers 204 to who knows the segment: whoever rotates it asks each replica before the API server is told of it. */
const acceptedPath = '/accepted';

/** POST to the routes, GET to `/healthz`, `/readyz` and `/accepted`, and a clear error to everything else. */
export function createAdmissionApp(options: AdmissionAppOptions): Express {
  const app = createExpressApp();
  const logRefusal = createRefusalLog(options.logger, options.clock);
  const { admissionPath } = options;
  if (admissionPath !== undefined) requireSegment(app, admissionPath);
  for (const route of options.routes) {
    // express 5 waits for the promise and takes its rejection to the error handler.
    app.post(route.path, (request: Request, response: Response) => {
      if (!options.mayCall(request))
        throw new HttpRefusal(403, 'the client certificate has none of the names');
      options.believed(request);
      return answerCall(route, request, response, options);
    });
    refuseOtherMethods(app, route.path, 'POST');
  }
  addHealthRoutes(app, options.readiness, options.draining);
  app.get(acceptedPath, (_request: Request, response: Response) => {
    answerEmpty(response, options.draining());
  });
  for (const path of ['/healthz', '/readyz', acceptedPath]) refuseOtherMethods(app, path, 'GET');
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

/** Comes before every route: who does not know the segment learns nothing of what there is, and no body is read. */
function requireSegment(app: Express, accepted: () => AdmissionPath): void {
  app.use((request: Request, _response: Response, next: NextFunction) => {
    const rest = behindSegment(request.url, accepted());
    if (rest === undefined) throw new HttpRefusal(404, 'there is nothing at this path');
    request.url = rest;
    next();
  });
}
