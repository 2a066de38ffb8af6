import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createKubeClient,
  type KubeClient,
  type KubeClientOptions,
  type KubeResponseFacts,
} from './kube-client.ts';
import { KubePathError } from './kube-path-error.ts';
import { KubeStatusError } from './kube-status-error.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly socket: IncomingMessage['socket'];
}

type Answer = (seen: Seen, response: ServerResponse) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A client of a server that answers as told; the server's requests are in `seen`. */
async function serve(answer: Answer, options: KubeClientOptions = {}, host = '127.0.0.1') {
  const seen: Seen[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers, socket } = request;
      const one = { method, url, headers, socket, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      answer(one, response);
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = clientOf(`http://${host.includes(':') ? `[${host}]` : host}:${port}/base/`, options);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { client, seen, server };
}

function clientOf(server: string, options: KubeClientOptions = {}): KubeClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server, skipTLSVerify: true },
    { name: 'u', token: 'secret' },
  );
  const client = createKubeClient(kubeConfig, options);
  closing.push(() => client.close());
  return client;
}

const json = (response: ServerResponse, value: unknown, code = 200) =>
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const get = { method: 'GET', path: '/api/v1/configmaps' } as const;

describe('request', () => {
  it('sends JSON as it should, and reads the answer', async () => {
    const { client, seen } = await serve((_, response) => json(response, { ok: 'ü' }), {
      component: 'webhook',
    });
    const answer = await client.request({
      method: 'PATCH',
      path: '/api/v1/x',
      query: { fieldSelector: 'status.phase!=failed,a=b&c', limit: '5' },
      body: { text: 'grün' },
      contentType: 'application/merge-patch+json',
    });
    expect(answer).toEqual({ ok: 'ü' });
    expect(seen[0]).toMatchObject({
      method: 'PATCH',
      url: '/base/api/v1/x?fieldSelector=status.phase!%3Dfailed%2Ca%3Db%26c&limit=5',
      body: '{"text":"grün"}',
      headers: {
        accept: 'application/json',
        authorization: 'Bearer secret',
        'content-type': 'application/merge-patch+json',
        'content-length': '16',
        'user-agent': 'stepgate/webhook',
      },
    });
    expect(seen[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it.each(['/api/v1/pods/x?labelSelector=app', '/api/v1/pods/', '/api/v1/pods/..', '/api/v1/pods/x%2Flog'])(
    'sends nothing to %s, a watch neither',
    async (path) => {
      const onResponse: KubeResponseFacts[] = [];
      const { client, seen } = await serve((_, response) => json(response, {}), {
        onResponse: (facts) => void onResponse.push(facts),
      });
      await expect(client.request({ method: 'DELETE', path })).rejects.toThrow(KubePathError);
      await expect(client.stream({ method: 'GET', path })).rejects.toThrow(KubePathError);
      expect(seen).toEqual([]);
      expect(onResponse).toEqual([]);
    },
  );

  it('lets no name of a parameter become another parameter', async () => {
    const { client, seen } = await serve((_, response) => json(response, {}));
    await client.request({ ...get, query: { 'a&b=c': 'd' } });
    expect(seen[0]?.url).toBe('/base/api/v1/configmaps?a%26b%3Dc=d');
  });

  it('keeps its connection for the next request, also after a refusal', async () => {
    const { client, seen } = await serve(({ url }, response) => {
      if (url?.endsWith('missing') === true) json(response, { kind: 'Status', reason: 'NotFound' }, 404);
      else json(response, {});
    });
    await client.request(get);
    await expect(client.request({ ...get, path: '/missing' })).rejects.toThrow(KubeStatusError);
    await client.request(get);
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
  });

  it('throws what a refusal says', async () => {
    const status = {
      kind: 'Status',
      code: 409,
      reason: 'AlreadyExists',
      message: 'there',
      details: { name: 'a' },
    };
    const { client } = await serve((_, response) => json(response, status, 409));
    await expect(client.request(get)).rejects.toMatchObject({
      code: 'KubeStatus',
      status: { code: 409, reason: 'AlreadyExists', message: 'there', details: { name: 'a' } },
    });
  });

  it('turns an error page into a refusal with its code', async () => {
    const { client } = await serve((_, response) => response.writeHead(502).end('<html>bad gateway</html>'));
    await expect(client.request(get)).rejects.toMatchObject({
      status: { code: 502, message: '<html>bad gateway</html>' },
    });
  });

  it('does not take a Status that is a failure for a success, whatever the code of the answer', async () => {
    const failure = { kind: 'Status', status: 'Failure', code: 500, reason: 'InternalError', message: 'two' };
    const answers = [failure, { kind: 'Status', status: 'Success' }];
    const { client } = await serve((_, response) => json(response, answers.shift(), 201));
    await expect(client.request(get)).rejects.toMatchObject({ status: { code: 500, message: 'two' } });
    expect(await client.request(get)).toEqual({ kind: 'Status', status: 'Success' });
  });

  it('does not take a success that is no JSON for an answer', async () => {
    const { client } = await serve((_, response) => response.end('<html>'));
    await expect(client.request(get)).rejects.toMatchObject({ code: 'KubeConnection', reason: 'not-json' });
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );
  it.runIf(hasIpv6)('reaches a server by its IPv6 address', async () => {
    const { client } = await serve((_, response) => json(response, { ok: true }), {}, '::1');
    expect(await client.request(get)).toEqual({ ok: true });
  });

  it('reads its credentials again after a 401', async () => {
    const user = { name: 'u', token: 'old' };
    const { server, seen } = await serve(({ headers }, response) =>
      headers.authorization === 'Bearer new' ? json(response, {}) : json(response, {}, 401),
    );
    const kubeConfig = new KubeConfig();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    kubeConfig.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, user);
    const client = createKubeClient(kubeConfig);
    closing.push(() => client.close());
    user.token = 'new';
    await client.request(get);
    user.token = 'newer';
    await client.request(get);
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer new');

    const late = createKubeClient(kubeConfig);
    closing.push(() => late.close());
    await expect(late.request(get)).rejects.toMatchObject({ status: { code: 401, reason: 'Unauthorized' } });
    user.token = 'new';
    await late.request(get);
  });

  it('gives up at its deadline, before or within the answer', async () => {
    const { client, seen } = await serve(({ url }, response) => {
      if (url?.endsWith('half') === true) response.writeHead(200).write('{"half":');
    });
    const timeout = { timeoutMilliseconds: 50 };
    const timedOut = { code: 'KubeConnection', reason: 'timeout' };
    await expect(client.request({ ...get, ...timeout })).rejects.toMatchObject(timedOut);
    await expect(client.request({ ...get, path: '/half', ...timeout })).rejects.toMatchObject(timedOut);
    expect(seen.map(({ socket }) => socket)[0]).not.toBe(seen[1]?.socket);
  });

  it('drops idle connections after a timeout: they lead to where no answer comes from', async () => {
    const held: ServerResponse[] = [];
    const { client, seen } = await serve(({ url }, response) => {
      if (url?.endsWith('never') === true) return;
      held.push(response);
      if (held.length === 2) for (const one of held) json(one, {});
      if (held.length > 2) json(response, {});
    });
    await Promise.all([client.request(get), client.request(get)]);
    await expect(client.request({ ...get, path: '/never', timeoutMilliseconds: 30 })).rejects.toThrow(
      'No answer',
    );
    await client.request(get);
    const before = new Set(seen.slice(0, 3).map(({ socket }) => socket));
    expect(before.has(seen[3]?.socket as never)).toBe(false);
  });

  it('ends with its signal', async () => {
    const { client } = await serve(() => {});
    const controller = new AbortController();
    const reason = new Error('enough');
    const asked = client.request({ ...get, signal: controller.signal });
    controller.abort(reason);
    await expect(asked).rejects.toMatchObject({ reason: 'aborted', cause: reason });
    await expect(client.request({ ...get, signal: controller.signal })).rejects.toMatchObject({
      reason: 'aborted',
    });
  });

  it('tells a connection that broke from one that was never made', async () => {
    const { client, server } = await serve(({ socket }) => socket.destroy());
    await expect(client.request(get)).rejects.toMatchObject({ reason: 'broken' });
    server.close();
    await once(server, 'close');
    await expect(client.request(get)).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it('does not take half an answer for a whole one', async () => {
    const { client } = await serve(({ socket }, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{}', () => socket.destroy());
    });
    await expect(client.request(get)).rejects.toMatchObject({ reason: 'broken' });
  });

  it('holds no more of an answer than it may', async () => {
    const { client } = await serve((_, response) => response.end(`"${'x'.repeat(5000)}"`), {
      maxBodyBytes: 4000,
    });
    await expect(client.request(get)).rejects.toMatchObject({ reason: 'too-large' });
  });

  it('opens no more connections than it may, and serves all requests', async () => {
    const sockets = new Set<unknown>();
    const { client } = await serve(
      ({ socket }, response) => {
        sockets.add(socket);
        setImmediate(() => json(response, {}));
      },
      { maxSockets: 3 },
    );
    await Promise.all(Array.from({ length: 20 }, () => client.request(get)));
    expect(sockets.size).toBeLessThanOrEqual(3);
  });

  it('reports what became of each request', async () => {
    const facts: KubeResponseFacts[] = [];
    const { client, server } = await serve(
      ({ url }, response) => json(response, {}, url?.includes('teapots') === true ? 418 : 201),
      { onResponse: (one) => facts.push(one) },
    );
    await client.request({ method: 'POST', path: '/api/v1/namespaces/a/configmaps' });
    await client.request({ method: 'GET', path: '/api/v1/teapots/b' }).catch(() => {});
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await client.request(get).catch(() => {});
    expect(facts).toMatchObject([
      { method: 'POST', code: 201, resource: 'configmaps' },
      { method: 'GET', code: 418, resource: 'teapots' },
      { method: 'GET', code: 0, resource: 'configmaps' },
    ]);
  });
});

describe('stream', () => {
  it('hands on the bytes as they come, past the deadline for the headers', async () => {
    const { client } = await serve((_, response) => {
      response.writeHead(200).write('a\n');
      setTimeout(() => response.end('b\n'), 1_200);
    });
    const chunks: string[] = [];
    for await (const chunk of await client.stream({ ...get, timeoutMilliseconds: 1_000 })) {
      chunks.push(Buffer.from(chunk).toString());
    }
    expect(chunks).toEqual(['a\n', 'b\n']);
  });

  it('throws a refusal before anything is read', async () => {
    const { client } = await serve((_, response) =>
      json(response, { kind: 'Status', reason: 'Expired' }, 410),
    );
    await expect(client.stream(get)).rejects.toMatchObject({ status: { code: 410, reason: 'Expired' } });
  });

  it('throws when it breaks, which is not how a watch ends', async () => {
    const { client } = await serve(({ socket }, response) => {
      response.writeHead(200).write('a\n', () => socket.destroy());
    });
    const stream = await client.stream(get);
    const read = async () => {
      for await (const chunk of stream) expect(chunk).toHaveLength(2);
    };
    await expect(read()).rejects.toMatchObject({ code: 'KubeConnection', reason: 'broken' });
  });

  it('closes its connection when the signal or the reader ends it', async () => {
    const closed: Promise<unknown>[] = [];
    const { client } = await serve(({ socket }, response) => {
      closed.push(once(socket, 'close'));
      response.writeHead(200).write('a\n');
    });
    const controller = new AbortController();
    const aborted = await client.stream({ ...get, signal: controller.signal });
    const read = async () => {
      for await (const _ of aborted) controller.abort(new Error('enough'));
    };
    await expect(read()).rejects.toMatchObject({ reason: 'aborted' });
    for await (const _ of await client.stream(get)) break;
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  });

  it('never makes a request wait', async () => {
    const { client } = await serve(
      ({ url }, response) => {
        if (url?.includes('watch') === true) response.writeHead(200).write('a\n');
        else json(response, { ok: true });
      },
      { maxSockets: 1 },
    );
    await Promise.all(Array.from({ length: 5 }, () => client.stream({ ...get, query: { watch: 'true' } })));
    expect(await client.request(get)).toEqual({ ok: true });
  });
});

describe('close', () => {
  it('fails what is under way, what waits and what comes later', async () => {
    const { client, seen } = await serve(() => {}, { maxSockets: 1 });
    const failing = [client.request(get), client.request(get)].map((one) =>
      one.catch((error: unknown) => error),
    );
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.close();
    expect(await Promise.all(failing)).toMatchObject([
      { code: 'KubeConnection' },
      { code: 'KubeConnection' },
    ]);
    await expect(client.request(get)).rejects.toMatchObject({ reason: 'closed' });
    expect(seen).toHaveLength(1);
  });
});

it('gives up a server that accepts connections and never speaks', async () => {
  const server = createTcpServer(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closing.push(() => server.close());
  await expect(client.stream({ ...get, timeoutMilliseconds: 30 })).rejects.toMatchObject({
    reason: 'timeout',
  });
});
