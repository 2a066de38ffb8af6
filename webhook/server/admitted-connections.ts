import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { type ConnectionBounds, createConnectionRoom, type OpenConnection } from './connection-room.ts';

/** Milliseconds between two log lines at least: a flood does not fill the log. */
const quietMilliseconds = 10_000;

/** The connections of a TLS server, within their bounds. */
export interface AdmittedConnections {
  /** Who is behind this connection has called as the API server does. */
  believe(socket: TLSSocket): void;
  readonly size: number;
}

/** Bounds the connections of `server` from now on. */
export function boundConnections(
  server: Server,
  bounds: ConnectionBounds,
  { clock, logger }: { readonly clock: Pick<Clock, 'now'>; readonly logger: Pick<Logger, 'warn'> },
): AdmittedConnections {
  const room = createConnectionRoom(bounds);
  const open = new Map<string, OpenConnection>();
  const believed = new WeakSet<TLSSocket>();
  let loggedAt = Number.NEGATIVE_INFINITY;
  let closed = 0;

  function closeForRoom(connections: readonly OpenConnection[]): void {
    for (const { close } of connections) close();
    closed += connections.length;
    if (closed === 0 || clock.now() - loggedAt < quietMilliseconds) return;
    logger.warn({ closed, open: room.size }, 'connections that had not called were closed to make room');
    loggedAt = clock.now();
    closed = 0;
  }

  server.on('connection', (socket: Socket) => {
    const connection: OpenConnection = {
      peer: socket.remoteAddress ?? '',
      close: () => void socket.destroy(),
    };
    const end = endOf(socket);
    open.set(end, connection);
    socket.once('close', () => {
      room.closed(connection);
      if (open.get(end) === connection) open.delete(end);
    });
    const leaving = room.opened(connection);
    closeForRoom(leaving);
    // All others have called: the next one finds the room of those that are idle.
    if (leaving.includes(connection)) server.closeIdleConnections();
  });

  return {
    believe(socket) {
      if (believed.has(socket)) return;
      believed.add(socket);
      const connection = open.get(endOf(socket));
      if (connection !== undefined) room.believed(connection);
    },
    get size() {
      return room.size;
    },
  };
}

/** The other end of a connection: node tells of a connection before TLS and after it by two different sockets. */
function endOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
