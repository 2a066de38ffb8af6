import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';

/**
 * Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: a server that is
 * stopped and started again must not find its port taken by somebody's connection.
 */
const lowestPort = 15_000;
const highestPort = 29_999;

/** A port of 127.0.0.1 on which nothing listens just now. It may be taken a moment later: be ready to retry. */
export async function freePort(): Promise<number> {
  for (let attempts = 0; attempts < 1_000; attempts++) {
    const port = randomInt(lowestPort, highestPort + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port of 127.0.0.1 between ${lowestPort} and ${highestPort}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
