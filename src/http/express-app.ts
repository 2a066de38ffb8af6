/** express, bare: routes and errors, and nothing that reads a body or a query on its own. */
import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import type { Clock } from '../kube/clock.ts';
import type { Logger } from '../observability/logger.ts';
import { refuse } from './answer.ts';
import { ClientGoneError } from './client-gone-error.ts';
import { HttpRefusal } from './http-refusal.ts';

/** An app without routes. Paths are matched to the letter. */
export function createExpressApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  return app;
}

export interface ClosingOptions {
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly logger: Pick<Logger, 'error' | 'debug'>;
  readonly lingerMilliseconds: number;
  readonly draining: () => boolean;
  /** Told of every refusal, with its reason. */
  readonly refused: (refusal: HttpRefusal) => void;
}

/** Answers other methods of `path` with 405. Comes behind the routes of that path. */
export function refuseOtherMethods(app: Express, path: string, allow: string): void {
  app.all(path, (request: Request) => {
    throw new HttpRefusal(405, `expected ${allow}, got ${request.method}`, { allow });
  });
}

/** Ends the app: what no route took is a 404, what a route threw is a refusal or a 500. Comes last. */
export function closeRoutes(app: Express, options: ClosingOptions): void {
  app.use(() => {
    throw new HttpRefusal(404, 'there is nothing at this path');
  });
  // express knows an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (error instanceof ClientGoneError) {
      options.logger.debug({ err: error }, 'a call was given up by its sender');
      response.destroy();
      return;
    }
    const refusal = toRefusal(error, options);
    options.refused(refusal);
    const linger = { clock: options.clock, milliseconds: options.lingerMilliseconds };
    refuse(request, response, refusal, options.draining(), linger);
  });
}

function toRefusal(error: unknown, { logger }: ClosingOptions): HttpRefusal {
  if (error instanceof HttpRefusal) return error;
  logger.error({ err: error }, 'a call failed unexpectedly');
  return new HttpRefusal(500, 'stepgate failed to answer; its log has the cause');
}
