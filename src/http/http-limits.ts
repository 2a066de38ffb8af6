import type { ServerOptions } from 'node:http';

/** The bounds within which an HTTP server of ours lives. Milliseconds and bytes. */
export interface HttpLimits {
  /** From the end of the headers to the end of the body. */
  readonly bodyDeadlineMilliseconds: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersDeadlineMilliseconds: number;
  readonly maximumHeaderBytes: number;
  /**
   * Between two requests, and before the first. Longer than the API server keeps an idle connection (90 s,
   * client-go's default transport), so that it is never us who close one that it is about to use.
   */
  readonly keepAliveMilliseconds: number;
  /** How long a refused sender may go on sending before its connection is closed. */
  readonly lingerMilliseconds: number;
}

export const defaultHttpLimits: HttpLimits = {
  bodyDeadlineMilliseconds: 5_000,
  headersDeadlineMilliseconds: 5_000,
  maximumHeaderBytes: 16 * 1024,
  keepAliveMilliseconds: 120_000,
  lingerMilliseconds: 1_000,
};

/** The limits as node's servers take them, of HTTP and of HTTPS. */
export function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    keepAliveTimeout: limits.keepAliveMilliseconds,
    headersTimeout: limits.headersDeadlineMilliseconds,
    // The body's own deadline answers first, with a reason; this is the net below it.
    requestTimeout: limits.headersDeadlineMilliseconds + 2 * limits.bodyDeadlineMilliseconds,
    connectionsCheckingInterval: Math.min(1_000, limits.headersDeadlineMilliseconds),
    maxHeaderSize: limits.maximumHeaderBytes,
    noDelay: true,
  };
}
