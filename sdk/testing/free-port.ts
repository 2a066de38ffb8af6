import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

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
 * A port of 127.0.0.1 on which nothing listens just now, and which this process has given to nobody yet. Another
 * process may take it a moment later: be ready to retry.
 */
export async function freePort(): Promise<number> {
  const lowest = lowestPort + (process.pid % places) * portsOfPlace;
  for (let attempts = 0; attempts < 10_000; attempts++) {
    const port = randomInt(lowest, lowest + portsOfPlace);
    if (given.size === portsOfPlace) given.clear();
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port of 127.0.0.1 between ${lowest} and ${lowest + portsOfPlace}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
