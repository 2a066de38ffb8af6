/** What probes and Prometheus ask: `/healthz`, `/readyz`, `/metrics`. */
import type { Express, Request, Response } from 'express';
import { answer } from './answer.ts';

/** Whether calls may be sent here, and what is missing if not. */
export interface Readiness {
  readonly ready: boolean;
  /** One short phrase each, for the person who reads `/readyz`. */
  readonly reasons: readonly string[];
}

/** Where metrics come from; prom-client's Registry is one. */
export interface MetricsSource {
  readonly contentType: string;
  readonly metrics: () => Promise<string>;
}

const plainText = 'text/plain; charset=utf-8';

/**
 * Adds `/healthz` (the process answers) and `/readyz`. Not ready is a 500, as the API server's own `/readyz` has it:
 * no answer of this server is ever a 503.
 */
export function addHealthRoutes(app: Express, readiness: () => Readiness, draining: () => boolean): void {
  app.get('/healthz', (_request: Request, response: Response) => {
    answer(response, 200, plainText, 'ok\n', draining());
  });
  app.get('/readyz', (_request: Request, response: Response) => {
    const { ready, reasons } = readiness();
    const text = ready ? 'ok\n' : `not ready\n${reasons.map((reason) => `- ${reason}\n`).join('')}`;
    answer(response, ready ? 200 : 500, plainText, text, draining());
  });
}

/** Adds `/metrics`. */
export function addMetricsRoute(app: Express, source: MetricsSource): void {
  app.get('/metrics', async (_request: Request, response: Response) => {
    answer(response, 200, source.contentType, await source.metrics(), false);
  });
}
