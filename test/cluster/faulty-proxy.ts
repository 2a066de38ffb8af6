import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that misbehaves on demand. What passes through is not looked at, so TLS stays end to end. */
export interface FaultyProxy {
  /** On 127.0.0.1. */
  readonly port: number;
  /** `https://127.0.0.1:port`: an API server's certificate is good for it. */
  readonly url: string;
  /** Connections that are open now. */
  readonly connections: number;
  /** Breaks every open connection with a TCP reset. */
  resetAll(): void;
  /**
   * Half-open: from now on no byte passes either way, of old connections and of new ones, and nothing is
   * closed, not even when the other side closes. New connections are accepted and stay silent.
   */
  freeze(): void;
  /** Lets everything pass again, what was held back included. */
  thaw(): void;
  /** True: every new connection is reset at once. Open ones go on. */
  refuse(refusing: boolean): void;
  close(): Promise<void>;
}

export interface FaultyProxyOptions {
  /** Where to forward to: a URL (`https://127.0.0.1:6443`), or host and port. */
  readonly target: string | { readonly host: string; readonly port: number };
}

type Pair = readonly [client: Socket, upstream: Socket];

export async function startFaultyProxy({ target }: FaultyProxyOptions): Promise<FaultyProxy> {
  const endpoint = typeof target === 'string' ? endpointOf(target) : target;
  const pairs = new Set<Pair>();
  const each = (act: (socket: Socket) => void) => {
    for (const pair of pairs) pair.forEach(act);
  };
  const heldEnds: (() => void)[] = [];
  let isFrozen = false;
  let isRefusing = false;

  /** One direction. Not `pipe`, which would resume a frozen source as soon as its sink has drained. */
  const forward = (source: Socket, sink: Socket) => {
    source.on('data', (chunk) => {
      if (sink.destroyed || sink.write(chunk)) return;
      source.pause();
      sink.once('drain', () => {
        if (!isFrozen) source.resume();
      });
    });
    source.on('end', () => {
      const end = () => sink.end();
      if (isFrozen)
        heldEnds.push(end); // a paused socket still reports the end
      else end();
    });
  };

  /** Ends the other half of a connection; while frozen nobody learns of an end. */
  const settle = (pair: Pair) => {
    const gone = pair.some((socket) => socket.destroyed);
    if (isFrozen || !gone) return;
    pairs.delete(pair);
    for (const socket of pair) if (!socket.destroyed) socket.resetAndDestroy();
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => {}); // whoever breaks it, `close` follows
    if (isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...endpoint, allowHalfOpen: true });
    upstream.on('error', () => {});
    const pair = [client, upstream] as const;
    pairs.add(pair);
    forward(client, upstream);
    forward(upstream, client);
    for (const socket of pair) socket.once('close', () => settle(pair));
    if (isFrozen) for (const socket of pair) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `https://127.0.0.1:${port}`,
    get connections() {
      return pairs.size;
    },
    resetAll: () => each((socket) => socket.resetAndDestroy()),
    freeze() {
      isFrozen = true;
      each((socket) => socket.pause());
    },
    thaw() {
      isFrozen = false;
      each((socket) => socket.resume());
      for (const end of heldEnds.splice(0)) end();
      for (const pair of pairs) settle(pair);
    },
    refuse(refusing) {
      isRefusing = refusing;
    },
    async close() {
      isFrozen = false;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      each((socket) => socket.destroy());
      await closed;
    },
  };
}

function endpointOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
