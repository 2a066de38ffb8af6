/** The bounds within which the server lives. Milliseconds and bytes. */
export interface ServerLimits {
  /** Kept back from the API server's timeout, for the answer's way back. */
  readonly answerMarginMilliseconds: number;
  /** An object of the API server has 3 MiB at most as a request; an UPDATE carries two of them. */
  readonly maximumBodyBytes: number;
  /** Bytes of all bodies together, from arrival to answer. */
  readonly maximumBodiesBytes: number;
  /** From the end of the headers to the end of the body. */
  readonly bodyDeadlineMilliseconds: number;
  /** From the first byte of a request, or a new connection, to the end of its headers. */
  readonly headersDeadlineMilliseconds: number;
  /** A TLS handshake that takes longer is ended. */
  readonly handshakeDeadlineMilliseconds: number;
  readonly maximumHeaderBytes: number;
  /** Open connections of the admission port; at the limit, idle ones are closed to make room. */
  readonly maximumConnections: number;
  /**
   * Longer than the API server keeps an idle connection (90 s, client-go's default transport), so that it is
   * never us who close one that it is about to use.
   */
  readonly keepAliveMilliseconds: number;
  /** How long a refused sender may go on sending before its connection is closed. */
  readonly lingerMilliseconds: number;
  /** Drain: how long calls are still taken after `/readyz` has turned, for the endpoints to spread. */
  readonly drainDelayMilliseconds: number;
  /** Drain: how long what is under way may take after that. */
  readonly drainDeadlineMilliseconds: number;
}

export const defaultServerLimits: ServerLimits = {
  answerMarginMilliseconds: 1_000,
  maximumBodyBytes: 8 * 1024 * 1024,
  maximumBodiesBytes: 32 * 1024 * 1024,
  bodyDeadlineMilliseconds: 5_000,
  headersDeadlineMilliseconds: 5_000,
  handshakeDeadlineMilliseconds: 5_000,
  maximumHeaderBytes: 16 * 1024,
  maximumConnections: 1_024,
  keepAliveMilliseconds: 120_000,
  lingerMilliseconds: 1_000,
  drainDelayMilliseconds: 5_000,
  drainDeadlineMilliseconds: 15_000,
};
