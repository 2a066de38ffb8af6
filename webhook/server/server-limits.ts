import { defaultHttpLimits, type HttpLimits } from '../../src/http/http-limits.ts';
import type { ConnectionBounds } from './connection-room.ts';

/** The bounds within which the server lives. Milliseconds and bytes. */
export interface ServerLimits extends HttpLimits, ConnectionBounds {
  /** Kept back from the API server's timeout, for the answer's way back. */
  readonly answerMarginMilliseconds: number;
  /** An object of the API server has 3 MiB at most as a request; an UPDATE carries two of them. */
  readonly maximumBodyBytes: number;
  /** Bytes of all bodies together, from arrival to answer. */
  readonly maximumBodiesBytes: number;
  /** A TLS handshake that takes longer is ended. */
  readonly handshakeDeadlineMilliseconds: number;
  /** Drain: how long calls are still taken after `/readyz` has turned, for the endpoints to spread. */
  readonly drainDelayMilliseconds: number;
  /** Drain: how long what is under way may take after that. */
  readonly drainDeadlineMilliseconds: number;
}

export const defaultServerLimits: ServerLimits = {
  ...defaultHttpLimits,
  answerMarginMilliseconds: 1_000,
  maximumBodyBytes: 8 * 1024 * 1024,
  maximumBodiesBytes: 32 * 1024 * 1024,
  // As long as an API server waits for the whole call: on a busy machine a handshake may take seconds.
  handshakeDeadlineMilliseconds: 10_000,
  maximumConnections: 1_024,
  // An API server has 200 writes under way at most unless it is told otherwise, and may dial for each of them at once.
  maximumNewcomers: 512,
  maximumNewcomersOfPeer: 256,
  drainDelayMilliseconds: 5_000,
  drainDeadlineMilliseconds: 15_000,
};
