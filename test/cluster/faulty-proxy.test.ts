import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

let echo: Server;
let proxy: FaultyProxy;
const sockets: Socket[] = [];
beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startFaultyProxy({
    target: { host: '127.0.0.1', port: (echo.address() as AddressInfo).port },
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
  echo.close();
});

interface Client {
  readonly socket: Socket;
  received: string;
  ended: string | undefined;
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  const state: Client = { socket, received: '', ended: undefined };
  socket.on('data', (chunk: Buffer) => {
    state.received += chunk.toString();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.ended = error.code;
  });
  socket.on('close', () => {
    state.ended ??= 'closed';
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  return state;
}

const says = (state: Client, text: string) =>
  vi.waitFor(() => expect(state.received).toBe(text), { timeout: 20_000 });
const ends = (state: Client, how: string) =>
  vi.waitFor(() => expect(state.ended).toBe(how), { timeout: 20_000 });

/** Time enough for a byte to pass: five round trips to the same server, past the proxy. */
async function roundTrips(): Promise<void> {
  const socket = connect((echo.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  for (let trip = 0; trip < 5; trip++) {
    socket.write('x');
    await once(socket, 'data');
  }
}

describe('a faulty proxy without a fault', () => {
  it('passes bytes and ends both ways, and counts connections', async () => {
    const one = await client();
    one.socket.write('hello');
    await says(one, 'hello');
    expect(proxy.connections).toBe(1);
    one.socket.end(' and bye');
    await ends(one, 'closed');
    expect(one.received).toBe('hello and bye');
    await vi.waitFor(() => expect(proxy.connections).toBe(0), { timeout: 20_000 });
  });

  it('passes more than its buffers hold, whole', async () => {
    const one = await client();
    const much = 'x'.repeat(20_000_000);
    one.socket.end(much);
    await vi.waitFor(() => expect(one.ended).toBe('closed'), { timeout: 5_000 });
    expect(one.received.length).toBe(much.length);
  });
});

describe('a faulty proxy', () => {
  it('resets every open connection and serves new ones', async () => {
    const [one, two] = [await client(), await client()];
    one.socket.write('a');
    two.socket.write('b');
    await Promise.all([says(one, 'a'), says(two, 'b')]);
    proxy.resetAll();
    await Promise.all([ends(one, 'ECONNRESET'), ends(two, 'ECONNRESET')]);
    const three = await client();
    three.socket.write('c');
    await says(three, 'c');
    expect(proxy.connections).toBe(1);
  });

  it('holds everything back while frozen, and passes it on when thawed', async () => {
    const old = await client();
    old.socket.write('before,');
    await says(old, 'before,');
    proxy.freeze();
    const fresh = await client();
    old.socket.write('during');
    fresh.socket.write('fresh');
    await roundTrips();
    expect([old.received, fresh.received]).toEqual(['before,', '']);
    expect([old.ended, fresh.ended]).toEqual([undefined, undefined]);
    proxy.thaw();
    await Promise.all([says(old, 'before,during'), says(fresh, 'fresh')]);
  });

  it('tells nobody of an end while frozen', async () => {
    const one = await client();
    one.socket.write('a');
    await says(one, 'a');
    const served = new Promise<Socket>((resolve) => echo.once('connection', resolve));
    const two = await client();
    two.socket.write('b');
    await says(two, 'b');
    proxy.freeze();
    (await served).destroy();
    await roundTrips();
    expect(two.ended).toBeUndefined();
    proxy.thaw();
    await vi.waitFor(() => expect(two.ended).toBeDefined(), { timeout: 20_000 });
    one.socket.write('c');
    await says(one, 'ac');
  });

  it('refuses new connections only', async () => {
    const old = await client();
    old.socket.write('a');
    await says(old, 'a');
    proxy.refuse(true);
    await ends(await client(), 'ECONNRESET');
    old.socket.write('b');
    await says(old, 'ab');
    proxy.refuse(false);
    const fresh = await client();
    fresh.socket.write('c');
    await says(fresh, 'c');
    expect(old.ended).toBeUndefined();
  });

  it('breaks the connection when nobody listens behind it', async () => {
    echo.close();
    const one = await client();
    await vi.waitFor(() => expect(one.ended).toBeDefined(), { timeout: 20_000 });
  });

  it('closes, frozen or not', async () => {
    const one = await client();
    proxy.freeze();
    await proxy.close();
    await vi.waitFor(() => expect(one.ended).toBeDefined(), { timeout: 20_000 });
  });
});
