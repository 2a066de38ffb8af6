import { connect, createServer, type Server, type Socket } from 'node:net';

/** A small TCP balancer: new connections go to the backends in turn, as a Service's do. */
export interface TcpBalancer {
  /** `https://127.0.0.1:port`: TLS goes through untouched. */
  readonly url: string;
  /** Ports of 127.0.0.1 that get new connections from now on; those that are open stay where they are. */
  use(ports: readonly number[]): void;
  close(): Promise<void>;
}

/** Listens on a free port; refuses connections until there is a backend. */
export async function startTcpBalancer(): Promise<TcpBalancer> {
  let ports: readonly number[] = [];
  let turn = 0;
  const open = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    const port = ports[turn++ % ports.length];
    if (port === undefined) {
      socket.destroy();
      return;
    }
    const backend = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [
      [socket, backend],
      [backend, socket],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer has no port');
  return {
    url: `https://127.0.0.1:${address.port}`,
    use(newPorts) {
      ports = newPorts;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
