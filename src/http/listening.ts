/** Opening and closing ports. */
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../kube/clock.ts';

/** Listens; resolves with the port, which is a free one where 0 was asked for. @throws what `listen` fails with */
export async function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  server.listen({ port, ...(host !== undefined && { host }) });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('expected to listen on a port');
  return address.port;
}

/** How long a drain waits, in milliseconds. */
export interface ClosingWaits {
  /** For connections that have not sent a request yet: clients open some in advance and never use them. */
  readonly unusedMilliseconds: number;
  /** For everything. */
  readonly deadlineMilliseconds: number;
}

/**
 * Follows which connections have never sent a request, from now on: node counts them as busy.
 * @returns what closes those that have not yet
 */
export function followUnused(server: Server, connectionEvent: 'connection' | 'secureConnection'): () => void {
  const unused = new Set<Socket>();
  server.on(connectionEvent, (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', (request: IncomingMessage) => unused.delete(request.socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}

/**
 * Stops listening, lets what is under way end, and cuts what is left at the deadline. Resolves when no connection
 * is left. Idle connections are closed by node at once; others as soon as their answer says `Connection: close`.
 * @returns true when everything ended by itself
 */
export async function closeGracefully(
  server: Server,
  closeUnused: () => void,
  { unusedMilliseconds, deadlineMilliseconds }: ClosingWaits,
  clock: Pick<Clock, 'setTimer'>,
): Promise<boolean> {
  if (!server.listening) return true;
  let ended = true;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  const cancelUnused = clock.setTimer(unusedMilliseconds, closeUnused);
  const cancelDeadline = clock.setTimer(deadlineMilliseconds, () => {
    ended = false;
    server.closeAllConnections();
  });
  await closed.promise;
  cancelUnused();
  cancelDeadline();
  return ended;
}
