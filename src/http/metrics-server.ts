/**
 * The port of `/healthz`, `/readyz` and `/metrics`, in plain HTTP: it takes nothing in and tells no names, and
 * kubelet and Prometheus have no certificate of ours.
 */
import { createServer } from 'node:http';
import { answerClientErrors } from './client-error.ts';
import { defaultHttpLimits, type HttpLimits, serverOptions } from './http-limits.ts';
import type { RefusalCode } from './http-refusal.ts';
import { closeGracefully, followUnused, listen } from './listening.ts';
import { createMetricsApp, type MetricsAppOptions } from './metrics-app.ts';

export interface MetricsServerOptions extends Omit<MetricsAppOptions, 'lingerMilliseconds'> {
  readonly limits?: HttpLimits;
  /** Told of bytes that were no HTTP, too slow or too large. */
  readonly refused?: (httpCode: RefusalCode) => void;
}

/** The metrics port; it does not listen yet. */
export interface MetricsServer {
  /** Resolves with the port, a free one for 0. @throws the error of `listen`, for example EADDRINUSE */
  readonly start: (port: number, host: string | undefined) => Promise<number>;
  /** Cuts what is open. Harmless when it does not listen. */
  readonly stop: () => Promise<void>;
}

/** Makes the server of the metrics port. */
export function createMetricsServer(options: MetricsServerOptions): MetricsServer {
  const limits = options.limits ?? defaultHttpLimits;
  const { lingerMilliseconds } = limits;
  const server = createServer(serverOptions(limits), createMetricsApp({ ...options, lingerMilliseconds }));
  const closeUnused = followUnused(server, 'connection');
  answerClientErrors(server, limits, (httpCode) => options.refused?.(httpCode));
  return {
    start: (port, host) => listen(server, port, host),
    async stop() {
      await closeGracefully(
        server,
        closeUnused,
        { unusedMilliseconds: 0, deadlineMilliseconds: 0 },
        options.clock,
      );
    },
  };
}
