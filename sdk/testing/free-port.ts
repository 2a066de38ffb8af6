import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: a server that is
 * stopped and started again must not find its port taken by somebody's connection.
 */
const lowestPort = 15_000;
/** Processes that look for ports at the same time look in different places, mostly. */
const places = 10;
const portsOfPlace = 1_500;

/** Whoever was given one may listen on it only seconds later. Ports are the machine's: so is what is known of them. */
const given = new Set<number>();

/**
 * The latest ones, each kept from other processes by a UDP socket on the same number, which nobody else here uses, and
 * which ends with this process.
 */
const claims: Socket[] = [];
const mostClaims = 200;

/**
 * A port of 127.0.0.1 on which nothing listens just now, and which no process that asks here has been given lately. A
 * program that picks its ports by itself may take it all the same: be ready to retry.
 */
export async function freePort(): Promise<number> {
  const lowest = lowestPort + (process.pid % places) * portsOfPlace;
  for (let attempts = 0; attempts < 10_000; attempts++) {
    const port = randomInt(lowest, lowest + portsOfPlace);
    if (given.size === portsOfPlace) given.clear();
    if (given.has(port)) continue;
    given.add(port);
    if ((await isClaimed(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no free port of 127.0.0.1 between ${lowest} and ${lowest + portsOfPlace}`);
}

/** False where another process has it. */
function isClaimed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      if (claims.push(socket) > mostClaims) claims.shift()?.close();
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
