import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KubeConnectionError } from './kube-connection-error.ts';
import type { KubeClient, KubeRequest } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { type Reflector, type ReflectorOptions, startReflector } from './reflector.ts';

const kind = { group: 'a.io', version: 'v1', kind: 'Thing', plural: 'things' };
const refusal = (code: number, retryAfterSeconds?: number): KubeStatusError =>
  new KubeStatusError({
    code,
    reason: 'Any',
    message: '',
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  });

const object = (name: string, resourceVersion: string, rest: object = {}): object => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion, ...rest },
});
const line = (type: string, of: object): string => `${JSON.stringify({ type, object: of })}\n`;
const listEnd = (resourceVersion: string): string =>
  line('BOOKMARK', object('', resourceVersion, { annotations: { 'k8s.io/initial-events-end': 'true' } }));

/** One answer of the API server: a refusal, or a stream that the test feeds. */
interface Stream {
  send(...lines: readonly string[]): Promise<void>;
  end(error?: Error): Promise<void>;
}

/** An API server whose every answer the test gives. */
function scriptedServer() {
  const requests: KubeRequest[] = [];
  const asked: ((answer: AsyncIterable<Uint8Array> | Error) => void)[] = [];
  const client: KubeClient = {
    request: (request) => {
      requests.push(request);
      return Promise.resolve({
        metadata: { resourceVersion: '50' },
        items: [object('paged', '40')],
      } as never);
    },
    stream: async (request) => {
      requests.push(request);
      const { promise, resolve } = Promise.withResolvers<AsyncIterable<Uint8Array> | Error>();
      request.signal?.addEventListener('abort', () => {
        resolve(new KubeConnectionError('aborted', ''));
      });
      asked.push(resolve);
      const answer = await promise;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    close: () => {},
  };
  const next = async () => {
    await vi.waitFor(() => expect(asked).toHaveLength(1), { interval: 1 });
    const answer = asked.shift();
    if (answer === undefined) throw new Error('no request');
    return answer;
  };
  return {
    client,
    requests,
    waiting: () => asked.length,
    refuse: async (error: Error) => (await next())(error),
    async accept(): Promise<Stream> {
      const signal = requests.at(-1)?.signal;
      const channel = new TransformStream<Uint8Array, Uint8Array>();
      const writer = channel.writable.getWriter();
      writer.closed.catch(() => {});
      const answer = await next();
      const current = requests.at(-1)?.signal ?? signal;
      current?.addEventListener('abort', () => {
        writer.abort(new KubeConnectionError('aborted', '')).catch(() => {});
      });
      answer(channel.readable as AsyncIterable<Uint8Array>);
      return {
        send: (...lines) => writer.write(new TextEncoder().encode(lines.join(''))),
        end: (error) => (error === undefined ? writer.close() : writer.abort(error)),
      };
    },
  };
}

let clock: ManualClock;
let server: ReturnType<typeof scriptedServer>;
let told: string[];
let reflector: Reflector;
let disconnected: string[];

function start(options: Partial<ReflectorOptions<KubeObject>> = {}): void {
  const names = (items: readonly KubeObject[]): string => items.map(({ metadata }) => metadata.name).join();
  reflector = startReflector<KubeObject>({
    client: server.client,
    kind,
    clock,
    random: () => 0.999_999,
    handler: {
      replaced: (items, version) => told.push(`replaced ${names(items)} at ${version}`),
      added: (item) => told.push(`added ${names([item])}`),
      modified: (item) => told.push(`modified ${names([item])}`),
      deleted: (item) => told.push(`deleted ${names([item])}`),
      progressed: (version) => told.push(`progressed ${version}`),
    },
    metrics: { disconnected: (reason) => disconnected.push(reason) },
    ...options,
  });
}

beforeEach(() => {
  clock = createManualClock(1000);
  server = scriptedServer();
  told = [];
  disconnected = [];
});
afterEach(() => reflector.stop());

/** Lets everything happen that needs no time: nothing here does I/O. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets that long pass; true when the reflector then asks the API server for a watch. */
async function asksAfter(milliseconds: number): Promise<boolean> {
  await settle();
  clock.advance(milliseconds);
  await settle();
  return server.waiting() > 0;
}

describe('a reflector', () => {
  it('asks for a consistent streamed list with bookmarks, and for no resourceVersion', async () => {
    start({ namespace: 'n', fieldSelector: 'status.phase!=failed', metadataOnly: true, watchSeconds: 100 });
    await server.accept();
    expect(server.requests).toMatchObject([
      {
        method: 'GET',
        path: '/apis/a.io/v1/namespaces/n/things',
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      },
    ]);
    expect(server.requests[0]?.query).toEqual({
      watch: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      fieldSelector: 'status.phase!=failed',
      timeoutSeconds: '200',
    });
  });

  it('tells nothing before the list is complete, then all of it at once, then each change', async () => {
    start();
    const stream = await server.accept();
    await stream.send(line('ADDED', object('a', '3')), line('ADDED', object('b', '5')));
    await vi.waitFor(() => expect(reflector.lastActivity()).toBe(1000));
    expect([told, reflector.hasSynced, reflector.connected, reflector.resourceVersion]).toEqual([
      [],
      false,
      false,
      undefined,
    ]);
    await stream.send(listEnd('9'));
    await reflector.synced();
    expect([told, reflector.hasSynced, reflector.connected, reflector.resourceVersion]).toEqual([
      ['replaced a,b at 9'],
      true,
      true,
      '9',
    ]);
    clock.advance(7);
    await stream.send(
      line('ADDED', object('c', '10')),
      line('MODIFIED', object('c', '11')),
      line('DELETED', object('a', '12')),
      line('BOOKMARK', object('', '20')),
    );
    await vi.waitFor(() => expect(reflector.resourceVersion).toBe('20'));
    expect(told.slice(1)).toEqual(['added c', 'modified c', 'deleted a', 'progressed 20']);
    expect(reflector.lastActivity()).toBe(1007);
  });

  it('throws half a list away', async () => {
    start();
    const first = await server.accept();
    await first.send(line('ADDED', object('ghost', '3')));
    await first.end(new Error('reset'));
    expect(await asksAfter(100)).toBe(true);
    const second = await server.accept();
    await second.send(line('ADDED', object('a', '4')), listEnd('9'));
    await reflector.synced();
    expect(told).toEqual(['replaced a at 9']);
  });

  it('accepts that history went back, as after a restore of etcd', async () => {
    start();
    const first = await server.accept();
    await first.send(line('ADDED', object('a', '80')), listEnd('90'));
    await reflector.synced();
    await first.send(line('BOOKMARK', object('', '50')));
    expect(await asksAfter(100)).toBe(true);
    expect(disconnected).toEqual(['history-went-back']);
    expect(reflector.resourceVersion).toBe('90');
    const second = await server.accept();
    await second.send(listEnd('51'));
    await vi.waitFor(() => expect(reflector.resourceVersion).toBe('51'));
    expect(told.at(-1)).toBe('replaced  at 51');
  });

  it('lists in pages after a streamed list that ended too soon, as of a server that ignores what it does not know', async () => {
    start();
    const first = await server.accept();
    await first.send(line('ADDED', object('a', '3')));
    await first.end();
    expect(await asksAfter(100)).toBe(true);
    expect(disconnected).toEqual(['list-incomplete']);
    expect(server.requests.map(({ query }) => query?.['limit'] ?? query?.['resourceVersion'])).toEqual([
      undefined,
      '500',
      '50',
    ]);
    expect(told).toEqual(['replaced paged at 50']);
    expect([reflector.hasSynced, reflector.connected]).toEqual([true, false]);
    const watch = await server.accept();
    await vi.waitFor(() => expect(reflector.connected).toBe(true));
    await watch.end();
    expect(await asksAfter(200)).toBe(true);
    expect(server.requests.at(-1)?.query).toHaveProperty('sendInitialEvents');
  });

  it('lists in pages where streaming is refused, but not for any other refusal', async () => {
    start();
    await server.refuse(refusal(403));
    expect(await asksAfter(100)).toBe(true);
    expect(server.requests).toHaveLength(2);
    await server.refuse(refusal(422));
    await server.accept();
    expect(told).toEqual(['replaced paged at 50']);
  });

  it('waits ever longer, ten seconds at most, and begins anew after a steady connection', async () => {
    start();
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure += 1) {
      await server.refuse(refusal(503));
      let waited = 0;
      while (!(await asksAfter(100))) waited += 100;
      waits.push(waited + 100);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    const stream = await server.accept();
    await stream.send(listEnd('9'));
    await reflector.synced();
    clock.advance(10_000);
    await stream.end(new Error('reset'));
    expect(await asksAfter(100)).toBe(true);
  });

  it('does not take a connection that breaks at once for a steady one', async () => {
    start();
    for (const wait of [100, 200, 400]) {
      const stream = await server.accept();
      await stream.send(listEnd('9'));
      await vi.waitFor(() => expect(reflector.connected).toBe(true));
      await stream.end(new Error('reset'));
      expect(await asksAfter(wait - 1)).toBe(false);
      expect(await asksAfter(1)).toBe(true);
    }
  });

  it('stays away as long as it is asked to, half a minute at most', async () => {
    start();
    await server.refuse(refusal(429, 5));
    expect(await asksAfter(4999)).toBe(false);
    expect(await asksAfter(501)).toBe(true);
    await server.refuse(refusal(429, 3600));
    expect(await asksAfter(29_999)).toBe(false);
    expect(await asksAfter(3001)).toBe(true);
  });

  it('gives up a connection that is silent for its read deadline', async () => {
    start({ readDeadlineMilliseconds: 75_000 });
    const stream = await server.accept();
    await stream.send(listEnd('9'));
    await reflector.synced();
    clock.advance(60_000);
    await stream.send(line('BOOKMARK', object('', '10')));
    await vi.waitFor(() => expect(reflector.resourceVersion).toBe('10'));
    clock.advance(74_999);
    await settle();
    expect(reflector.connected).toBe(true);
    clock.advance(1);
    await vi.waitFor(() => expect(disconnected).toEqual(['read-deadline']));
    expect(reflector.connected).toBe(false);
    // It had streamed its list: there is no reason to page the next one.
    expect(await asksAfter(100)).toBe(true);
    expect(server.requests.at(-1)?.query).toHaveProperty('sendInitialEvents');
  });

  it('survives a logger and metrics that throw', async () => {
    const fail = () => {
      throw new Error('a bug');
    };
    const broken = { relisted: fail, eventReceived: fail, handlerFailed: fail, disconnected: fail };
    start({ logger: { debug: fail, info: fail, warn: fail, error: fail }, metrics: broken });
    await server.refuse(refusal(500));
    expect(await asksAfter(100)).toBe(true);
    const stream = await server.accept();
    await stream.send(listEnd('9'));
    await reflector.synced();
    await stream.end();
    expect(await asksAfter(200)).toBe(true);
  });

  it('counts the rejection of a handler that is async against its type', async () => {
    const handlerFailed = vi.fn<() => void>();
    const handler = {
      replaced: () => Promise.reject(new Error('a bug')),
      added: () => {},
      modified: () => {},
      deleted: () => {},
      progressed: () => {},
    };
    start({ handler, metrics: { handlerFailed } });
    const stream = await server.accept();
    await stream.send(listEnd('9'));
    await vi.waitFor(() => expect(handlerFailed).toHaveBeenCalledTimes(1));
  });

  it('goes on after a handler that threw, and makes a new list within a second', async () => {
    const seen: string[] = [];
    const handler = {
      replaced: () => seen.push('replaced'),
      added: () => {
        throw new Error('a bug');
      },
      modified: () => seen.push('modified'),
      deleted: () => {},
      progressed: () => {},
    };
    start({ handler });
    const stream = await server.accept();
    await stream.send(listEnd('9'), line('ADDED', object('a', '10')), line('MODIFIED', object('a', '11')));
    await vi.waitFor(() => expect(seen).toEqual(['replaced', 'modified']));
    expect(reflector.resourceVersion).toBe('11');
    expect(reflector.connected).toBe(true);
    clock.advance(1000);
    await vi.waitFor(() => expect(disconnected).toEqual(['handler-failed']));
    expect(await asksAfter(100)).toBe(true);
  });

  it('has not synced before its handler has taken a list', async () => {
    let failures = 1;
    const replaced = () => {
      failures -= 1;
      if (failures >= 0) throw new Error('a bug');
    };
    const ignore = () => {};
    start({ handler: { replaced, added: ignore, modified: ignore, deleted: ignore, progressed: ignore } });
    const first = await server.accept();
    await first.send(listEnd('9'));
    expect(await asksAfter(100)).toBe(true);
    expect(disconnected).toEqual(['handler-failed']);
    expect([reflector.hasSynced, reflector.resourceVersion]).toEqual([false, undefined]);
    const second = await server.accept();
    await second.send(listEnd('10'));
    await reflector.synced();
    expect(reflector.resourceVersion).toBe('10');
  });

  it('hands on what the transform leaves', async () => {
    const handed: KubeObject[] = [];
    start({
      transform: ({ metadata }) => ({ metadata: { ...metadata, uid: 'short' } }),
      handler: {
        replaced: (items) => handed.push(...items),
        added: (item) => handed.push(item),
        modified: () => {},
        deleted: () => {},
        progressed: () => {},
      },
    });
    const stream = await server.accept();
    await stream.send(line('ADDED', object('a', '3')), listEnd('9'), line('ADDED', object('b', '10')));
    await vi.waitFor(() => expect(handed.map(({ metadata }) => metadata.uid)).toEqual(['short', 'short']));
  });
});

describe('relist', () => {
  it('makes a new list, and keeps what was told until then', async () => {
    start();
    const first = await server.accept();
    await first.send(listEnd('9'));
    await reflector.synced();
    reflector.relist();
    expect(await asksAfter(100)).toBe(true);
    expect(disconnected).toEqual(['relist-asked']);
    expect([reflector.hasSynced, reflector.resourceVersion]).toEqual([true, '9']);
    const second = await server.accept();
    expect(server.requests[1]?.query, 'nothing is resumed').not.toHaveProperty('resourceVersion');
    await second.send(listEnd('4'));
    await vi.waitFor(() => expect(reflector.resourceVersion).toBe('4'));
  });
});

describe('synced', () => {
  it('ends with its signal, and the reflector goes on', async () => {
    start();
    const controller = new AbortController();
    const waiting = reflector.synced(controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const stream = await server.accept();
    await stream.send(listEnd('9'));
    await reflector.synced(new AbortController().signal);
  });
});

describe('stop', () => {
  it('ends a wait for the first list, a connection and a backoff', async () => {
    start();
    const waiting = reflector.synced();
    await reflector.stop();
    await expect(waiting).rejects.toMatchObject({ code: 'ReflectorStopped' });

    server = scriptedServer();
    start();
    const stream = await server.accept();
    await stream.send(listEnd('9'));
    await reflector.synced();
    await reflector.stop();
    expect(reflector.connected).toBe(false);

    server = scriptedServer();
    start();
    await server.refuse(refusal(500));
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    await reflector.stop();
    expect(clock.waiting).toBe(0);
  });

  it('calls no handler any more, not even for what has arrived', async () => {
    const handled: string[] = [];
    const record = ({ metadata }: KubeObject): void => {
      handled.push(metadata.name);
      void reflector.stop();
    };
    const handler = {
      replaced: () => {},
      added: record,
      modified: record,
      deleted: record,
      progressed: () => {},
    };
    start({ handler });
    const stream = await server.accept();
    await stream.send(listEnd('9'), line('ADDED', object('a', '10')), line('ADDED', object('b', '11')));
    await vi.waitFor(() => expect(handled).toEqual(['a']));
    await reflector.stop();
    expect(handled).toEqual(['a']);
  });
});
