import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kube/clock.ts';
import { allowed, deny } from '../../src/policy/verdict.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { issueClientCertificate } from '../../test/builders/client-certificate.ts';
import type { TestCertificates, WebhookUnderTest } from '../../test/builders/webhook-under-test.ts';
import {
  call,
  issueTestCertificates,
  openConnection,
  probe,
  startWebhookUnderTest,
  testRoute,
} from '../../test/builders/webhook-under-test.ts';
import type { AdmissionHandler } from '../admission/admission-handler.ts';
import { CallerGoneError } from './admission-call.ts';
import type { AdmissionPath } from './admission-path.ts';
import type { WebhookServerOptions } from './webhook-server.ts';

const review = makeAdmissionReviewBytes();
let certificates: TestCertificates;
let others: TestCertificates;
/** What a client sees of a refused handshake or a refused connection depends on what it was doing. */
const connectionLost = /hang up|ECONNRESET|ECONNREFUSED|EPIPE|alert|disconnected/;
const running: WebhookUnderTest[] = [];

beforeAll(async () => {
  [certificates, others] = await Promise.all([issueTestCertificates(), issueTestCertificates()]);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((webhook) => webhook.server.drain()));
});

describe('an admission call', () => {
  it('is answered with the verdict of the handler of its path', async () => {
    const webhook = await start({
      routes: [
        { path: '/a', handler: async () => allowed },
        { path: '/b', handler: async () => deny(429, 'TooManyRequests', 'no slot is free') },
      ],
    });
    const [a, b] = await Promise.all([
      call(webhook, { path: '/a?timeout=10s', body: review }),
      call(webhook, { path: '/b', body: review }),
    ]);
    expect(a.code).toBe(200);
    expect(a.headers['content-type']).toBe('application/json');
    expect(JSON.parse(a.text)).toMatchObject({ kind: 'AdmissionReview', response: { allowed: true } });
    expect(b.code).toBe(200);
    expect(b.headers).not.toHaveProperty('retry-after');
    expect(JSON.parse(b.text)).toMatchObject({ response: { allowed: false, status: { code: 429 } } });
  });

  it('is counted and timed', async () => {
    const causes = [{ reason: 'ParallelLimitReached', message: 'no slot' }];
    const webhook = await start(handledBy(async () => deny(429, 'TooManyRequests', 'no slot', causes)));
    await call(webhook, { body: review });
    await call(webhook, { path: '/elsewhere', body: review });
    expect(webhook.observations).toEqual([
      { route: testRoute, decision: 'deny', reason: 'ParallelLimitReached', seconds: expect.any(Number) },
      { route: '', decision: 'refused', reason: 'NotFound', seconds: 0 },
    ]);
  });

  it('is a 500 inside a 200 when the handler throws', async () => {
    const webhook = await start(handledBy(async () => Promise.reject(new Error('boom'))));
    const answer = await call(webhook, { body: review });
    expect(answer.code).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({
      response: { uid: '0df28fbd-5f5f-11e8-bc74-36e6bb280816', allowed: false, status: { code: 500 } },
    });
    expect(webhook.observations).toMatchObject([{ decision: 'error', reason: 'AdmissionHandlerFailed' }]);
  });

  it('is a 503 inside a 200, before the timeout that the API server has sent', async () => {
    const webhook = await start(handledBy(async () => new Promise(() => {})));
    const before = performance.now();
    const answer = await call(webhook, { path: `${testRoute}?timeout=5s`, body: review });
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(answer.code).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({
      response: { status: { code: 503, details: { causes: [{ reason: 'AdmissionDeadlineExceeded' }] } } },
    });
  });

  it('aborts its handler when the API server hangs up', async () => {
    const begun = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const webhook = await start(
      handledBy(async (_, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.reason));
        begun.resolve();
        await aborted.promise;
        return allowed;
      }),
    );
    const connection = await openConnection(webhook);
    connection.send(post(review));
    await begun.promise;
    connection.socket.destroy();
    expect(await aborted.promise).toBeInstanceOf(CallerGoneError);
  });

  it('shares its connection with the next', async () => {
    const webhook = await start();
    const connection = await openConnection(webhook);
    connection.send(Buffer.concat([post(review), post(review)]));
    const received = await connection.until('"allowed":true', 2);
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    connection.socket.destroy();
  });
});

describe('with an admission path', () => {
  const current = 'c'.repeat(43);
  const previous = 'p'.repeat(43);

  it('answers calls below its segments, and says to who asks that it accepts them', async () => {
    const webhook = await start({ admissionPath: () => ({ current, previous }) });
    for (const segment of [current, previous]) {
      const answer = await call(webhook, { path: `/${segment}${testRoute}?timeout=10s`, body: review });
      expect(JSON.parse(answer.text)).toMatchObject({ response: { allowed: true } });
      expect(await call(webhook, { method: 'GET', path: `/${segment}/accepted` })).toMatchObject({
        code: 204,
        text: '',
      });
      expect(await call(webhook, { method: 'GET', path: `/${segment}/readyz` })).toMatchObject({ code: 200 });
    }
    expect(webhook.observations.map(({ route }) => route)).toEqual([testRoute, testRoute]);
  });

  it('follows it with the next request of an open connection', async () => {
    let accepted: AdmissionPath = { current: previous };
    const webhook = await start({ admissionPath: () => accepted });
    const connection = await openConnection(webhook);
    connection.send(post(review, `/${previous}${testRoute}`));
    await connection.until('"allowed":true');
    accepted = { current, previous };
    connection.send(
      Buffer.concat([post(review, `/${previous}${testRoute}`), post(review, `/${current}${testRoute}`)]),
    );
    await connection.until('"allowed":true', 3);
    accepted = { current };
    connection.send(post(review, `/${previous}${testRoute}`));
    expect(await connection.until('HTTP/1.1 404 ')).toContain('HTTP/1.1 404 ');
    connection.socket.destroy();
  });

  it.each([
    ['a route', 'POST', testRoute],
    ['a probe', 'GET', '/readyz'],
    ['health', 'GET', '/healthz'],
    ['what is accepted', 'GET', '/accepted'],
    ['another method', 'DELETE', testRoute],
    ['another segment', 'POST', `/${'x'.repeat(43)}${testRoute}`],
    ['another segment that is accepted', 'GET', `/${'x'.repeat(43)}/accepted`],
    ['nothing', 'GET', '/'],
  ])(
    'answers 404 to who asks for %s without it, before a body and without a trace of the path',
    async (_, method, path) => {
      const webhook = await start({ admissionPath: () => ({ current, previous }) });
      const connection = await openConnection(webhook);
      connection.send(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`);
      const received = await connection.until('there is nothing at this path');
      expect(received).toMatch(/^HTTP\/1\.1 404 /);
      expect(webhook.server.bodyBytes()).toBe(0);
      connection.socket.destroy();
      expect(webhook.observations).toEqual([
        { route: '', decision: 'refused', reason: 'NotFound', seconds: 0 },
      ]);
      expect(JSON.stringify(webhook.logs)).not.toContain('xxx');
    },
  );

  it('shows it in no answer, log line or observation', async () => {
    const webhook = await start({ admissionPath: () => ({ current, previous }) });
    const answers = await Promise.all([
      call(webhook, { path: `/${current}/elsewhere`, body: review }),
      call(webhook, { method: 'PUT', path: `/${current}${testRoute}`, body: review }),
      call(webhook, { path: `/${current}${testRoute}`, body: 'no JSON' }),
      call(webhook, { path: `/${current}${testRoute}`, headers: { 'content-type': 'text/plain' } }),
    ]);
    expect(answers.map(({ code }) => code)).toEqual([404, 405, 400, 415]);
    expect(JSON.stringify([answers, webhook.logs, webhook.observations])).not.toContain(current);
  });

  it('demands both where there is a client CA too', async () => {
    const client = issueClientCertificate(certificates.authority, 'kube-apiserver');
    const webhook = await start({
      admissionPath: () => ({ current }),
      clientAuthority: { ca: certificates.authority.cert },
    });
    const path = `/${current}${testRoute}`;
    await expect(call(webhook, { path, body: review })).rejects.toThrow(connectionLost);
    expect(await call(webhook, { body: review, pair: client })).toMatchObject({ code: 404 });
    expect(await call(webhook, { path, body: review, pair: client })).toMatchObject({ code: 200 });
  });
});

describe('a connection that a client has opened in advance', () => {
  it('outlives the deadline of headers, and serves calls then', async () => {
    const webhook = await start({ limits: { headersDeadlineMilliseconds: 50 } });
    const connection = await openConnection(webhook);
    await pause(500);
    connection.send(post(review));
    expect(await connection.until('"allowed":true')).toMatch(/^HTTP\/1\.1 200 OK/);
    connection.send(post(review));
    await connection.until('"allowed":true', 2);
    connection.send('POST / HTTP/1.1\r\nHost: ');
    expect(await connection.untilClosed()).toMatch(/HTTP\/1\.1 408 /);
    expect(webhook.observations.map(({ decision }) => decision)).toEqual(['allow', 'allow', 'refused']);
  });

  it('is closed without a word when it stays unused', async () => {
    const webhook = await start({ limits: { headersDeadlineMilliseconds: 50, keepAliveMilliseconds: 100 } });
    const connection = await openConnection(webhook);
    expect(await connection.untilClosed()).toBe('');
    expect(webhook.observations).toEqual([]);
  });

  it('makes room when there are too many', async () => {
    const webhook = await start({ limits: { maximumConnections: 2 } });
    const [first, second] = [await openConnection(webhook), await openConnection(webhook)];
    expect(await call(webhook, { body: review })).toMatchObject({ code: 200 });
    expect(await first.untilClosed()).toBe('');
    second.send(post(review));
    expect(await second.until('"allowed":true')).toMatch(/^HTTP\/1\.1 200 OK/);
    second.socket.destroy();
  });

  it('is counted no more once it is closed, whoever closes it and whenever', async () => {
    const webhook = await start({ limits: { handshakeDeadlineMilliseconds: 1_000 } });
    const used = await openConnection(webhook);
    used.send(post(review));
    await used.until('"allowed":true');
    const unused = await openConnection(webhook);
    const silent = connectTcp({ host: '127.0.0.1', port: webhook.port });
    silent.on('error', () => {});
    await once(silent, 'connect');
    await waitFor(() => webhook.server.connections() === 3);
    used.socket.destroy();
    unused.socket.destroy();
    await once(silent, 'close');
    await waitFor(() => webhook.server.connections() === 0);
    expect(webhook.observations).toMatchObject([{ decision: 'allow' }]);
  });
});

describe('a bad call', () => {
  it.each([
    ['to an unknown path', { path: '/validate/Kubernetesexecutions' }, 404, 'NotFound'],
    ['to a path with a slash too many', { path: `${testRoute}/` }, 404, 'NotFound'],
    ['to a path that cannot be decoded', { path: '/%ff%' }, 404, 'NotFound'],
    ['by another method', { method: 'PUT' }, 405, 'MethodNotAllowed'],
    ['without a body', { body: '' }, 400, 'BadRequest'],
    ['with something else', { body: '{"kind":"Pod"}' }, 400, 'BadRequest'],
    ['as text', { headers: { 'content-type': 'text/plain' } }, 415, 'UnsupportedMediaType'],
    ['as compressed JSON', { headers: { 'content-encoding': 'gzip' } }, 415, 'UnsupportedMediaType'],
    ['with a huge body', { body: Buffer.alloc(9 * 1024 * 1024, ' ') }, 413, 'RequestEntityTooLarge'],
    [
      'with a huge body in chunks',
      { body: Buffer.alloc(9 * 1024 * 1024, ' '), headers: { 'transfer-encoding': 'chunked' } },
      413,
      'RequestEntityTooLarge',
    ],
    ['with huge headers', { headers: { x: 'y'.repeat(20_000) } }, 431, 'RequestHeaderFieldsTooLarge'],
  ])('%s is refused with a Status that says why', async (_, what, code, reason) => {
    const webhook = await start();
    const answer = await call(webhook, { body: review, ...what });
    expect(answer.code).toBe(code);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(JSON.parse(answer.text)).toMatchObject({ apiVersion: 'v1', kind: 'Status', code, reason });
    expect(await call(webhook, { body: review })).toMatchObject({ code: 200 });
  });

  it('takes JSON with a charset', async () => {
    const webhook = await start();
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect(await call(webhook, { body: review, headers })).toMatchObject({ code: 200 });
  });

  it('that stops within its body gets a 408, and its connection is closed', async () => {
    const webhook = await start({ limits: { bodyDeadlineMilliseconds: 50, lingerMilliseconds: 50 } });
    const connection = await openConnection(webhook);
    connection.send(post(review).subarray(0, -10));
    const received = await connection.untilClosed();
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    expect(received).toContain('the body was not complete after 50 ms');
    expect(webhook.server.bodyBytes()).toBe(0);
  });

  it('that stops within its headers gets a 408', async () => {
    const webhook = await start({ limits: { headersDeadlineMilliseconds: 50 } });
    const connection = await openConnection(webhook);
    connection.send('POST / HTTP/1.1\r\nHost: ');
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('that ends within its body gets a 400', async () => {
    const webhook = await start();
    const connection = await openConnection(webhook);
    connection.send(post(review).subarray(0, -10));
    connection.socket.end();
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('that is no HTTP gets a 400 with a Status', async () => {
    const webhook = await start();
    const connection = await openConnection(webhook);
    connection.send('\u0000\u0001 HELO\r\n\r\n');
    const received = await connection.untilClosed();
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(received).toContain('"reason":"BadRequest"');
    expect(webhook.observations).toMatchObject([{ decision: 'refused', reason: 'BadRequest' }]);
  });

  it('holds no bytes after it was refused, however it ended', async () => {
    const webhook = await start();
    const connection = await openConnection(webhook);
    connection.send(post(Buffer.alloc(1_000_000, ' ')).subarray(0, 500_000));
    await waitFor(() => webhook.server.bodyBytes() > 0);
    connection.socket.destroy();
    await waitFor(() => webhook.server.bodyBytes() === 0);
    expect(await call(webhook, { body: review })).toMatchObject({ code: 200 });
  });

  it('with the largest body is given up when all of them together are too many', async () => {
    const webhook = await start({ limits: { maximumBodiesBytes: 600_000 } });
    const huge = await openConnection(webhook);
    huge.send(post(Buffer.alloc(1_000_000, ' ')).subarray(0, 450_000));
    await waitFor(() => webhook.server.bodyBytes() > 400_000);
    const smaller = call(webhook, { body: Buffer.alloc(200_000, ' ') });
    expect(await huge.until('too large for now')).toMatch(/^HTTP\/1\.1 413 /);
    expect(await smaller).toMatchObject({ code: 400 });
    huge.socket.destroy();
  });
});

describe('TLS', () => {
  it('offers HTTP/1.1 alone, from TLS 1.2 on', async () => {
    const { port, ca } = await start();
    const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['h2', 'http/1.1'] });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
    const old = connect({ host: '127.0.0.1', port, ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' });
    const [error] = (await once(old, 'error')) as [Error & { code: string }];
    expect(error.code).toMatch(/TLS|SSL/);
  });

  it('serves new connections with a new certificate, and open ones go on', async () => {
    const webhook = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await call(webhook, { body: review, agent })).toMatchObject({ code: 200 });
    webhook.server.useCertificate(others.serving);
    expect(await call(webhook, { body: review, agent })).toMatchObject({ code: 200 });
    await expect(call(webhook, { body: review })).rejects.toThrow(/certificate/);
    expect(await call({ ...webhook, ca: others.authority.cert }, { body: review })).toMatchObject({
      code: 200,
    });
    agent.destroy();
  });

  it('keeps its certificate when the new one cannot be used', async () => {
    const webhook = await start();
    const mismatch = { cert: certificates.serving.cert, key: others.serving.key };
    expect(() => webhook.server.useCertificate(mismatch)).toThrow(/key/);
    expect(await call(webhook, { body: review })).toMatchObject({ code: 200 });
  });

  it('with a client CA lets nobody in who shows no certificate of it', async () => {
    const webhook = await start({ clientAuthority: { ca: certificates.authority.cert } });
    const pair = issueClientCertificate(certificates.authority, 'kube-apiserver');
    expect(await call(webhook, { body: review, pair })).toMatchObject({ code: 200 });
    await expect(call(webhook, { body: review })).rejects.toThrow(connectionLost);
    await expect(
      call(webhook, { body: review, pair: issueClientCertificate(others.authority, 'kube-apiserver') }),
    ).rejects.toThrow(connectionLost);
    expect(await probe(webhook, '/readyz')).toMatchObject({ code: 200 });
  });

  it('with a client CA and names refuses other names of that CA', async () => {
    const webhook = await start({
      clientAuthority: { ca: certificates.authority.cert, names: ['kube-apiserver'] },
    });
    const admitted = issueClientCertificate(certificates.authority, 'kube-apiserver');
    const other = issueClientCertificate(certificates.authority, 'system-node-7');
    expect(await call(webhook, { body: review, pair: admitted })).toMatchObject({ code: 200 });
    expect(await call(webhook, { body: review, pair: other })).toMatchObject({ code: 403 });
  });

  it('checks new connections against a new client CA', async () => {
    const webhook = await start({ clientAuthority: { ca: others.authority.cert } });
    const pair = issueClientCertificate(certificates.authority, 'kube-apiserver');
    await expect(call(webhook, { body: review, pair })).rejects.toThrow(connectionLost);
    webhook.server.useClientAuthority({ ca: certificates.authority.cert });
    expect(await call(webhook, { body: review, pair })).toMatchObject({ code: 200 });
  });
});

describe('health and metrics', () => {
  it('are on the metrics port, in plain HTTP', async () => {
    const webhook = await start();
    expect(await probe(webhook, '/healthz')).toMatchObject({ code: 200, text: 'ok\n' });
    expect(await probe(webhook, '/readyz')).toMatchObject({ code: 200, text: 'ok\n' });
    expect(await probe(webhook, '/metrics')).toMatchObject({ code: 200, text: 'up 1\n' });
    expect(await probe(webhook, testRoute)).toMatchObject({ code: 404 });
  });

  it('are on the admission port too, but for the metrics', async () => {
    const webhook = await start();
    expect(await call(webhook, { method: 'GET', path: '/healthz' })).toMatchObject({ code: 200 });
    expect(await call(webhook, { method: 'GET', path: '/readyz' })).toMatchObject({ code: 200 });
    expect(await call(webhook, { method: 'GET', path: '/metrics' })).toMatchObject({ code: 404 });
    expect(await call(webhook, { method: 'DELETE', path: '/readyz' })).toMatchObject({ code: 405 });
  });

  it('say why a replica is not ready', async () => {
    const webhook = await start({
      readiness: () => ({ ready: false, reasons: ['executions not yet listed'] }),
    });
    const answer = await probe(webhook, '/readyz');
    expect(answer).toMatchObject({ code: 500, text: 'not ready\n- executions not yet listed\n' });
    expect(await probe(webhook, '/healthz')).toMatchObject({ code: 200 });
  });

  it('survive metrics that cannot be had', async () => {
    const metrics = async (): Promise<string> => Promise.reject(new Error('no'));
    const webhook = await start({ metricsSource: { contentType: 'text/plain', metrics } });
    expect(await probe(webhook, '/metrics')).toMatchObject({ code: 500 });
    expect(await probe(webhook, '/healthz')).toMatchObject({ code: 200 });
  });
});

describe('a drain', () => {
  it('turns readiness, serves on with closing connections, and finishes what is under way', async () => {
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const delay = Promise.withResolvers<void>();
    const webhook = await start({
      ...handledBy(async (request) => {
        if (request.name !== 'slow') return allowed;
        begun.resolve();
        await finish.promise;
        return allowed;
      }),
      clock: {
        ...systemClock,
        // The only sleep of a drain is its delay.
        sleep: async () => delay.promise,
      },
      limits: { drainDelayMilliseconds: 1_234, drainDeadlineMilliseconds: 60_000 },
    });
    const idle = new Agent({ keepAlive: true });
    await call(webhook, { body: review, agent: idle });
    const slow = call(webhook, { body: makeAdmissionReviewBytes({ name: 'slow' }) });
    await begun.promise;

    const drained = webhook.server.drain();
    expect(webhook.server.drain()).toBe(drained);
    expect(await probe(webhook, '/readyz')).toMatchObject({ code: 500 });
    const late = await call(webhook, { body: review, headers: { connection: 'keep-alive' } });
    expect(late).toMatchObject({ code: 200, headers: { connection: 'close' } });

    delay.resolve();
    await waitFor(async () =>
      call(webhook, { body: review }).then(
        () => false,
        () => true,
      ),
    );
    expect(await probe(webhook, '/healthz')).toMatchObject({ code: 200 });
    finish.resolve();
    expect(await slow).toMatchObject({ code: 200 });
    await drained;
    await expect(probe(webhook, '/healthz')).rejects.toThrow(connectionLost);
    idle.destroy();
  });

  it('does not wait long for connections that were never used', async () => {
    const webhook = await start({
      limits: { headersDeadlineMilliseconds: 50, drainDeadlineMilliseconds: 60_000 },
    });
    const unused = await openConnection(webhook);
    // The end of its handshake is known to the client before the server knows it.
    await call(webhook, { body: review });
    await webhook.server.drain();
    expect(await unused.untilClosed()).toBe('');
    expect(webhook.logs.map((line) => line.message)).toContain('drained');
  });

  it('cuts what is left at its deadline', async () => {
    const begun = Promise.withResolvers<void>();
    const webhook = await start({
      ...handledBy(async () => {
        begun.resolve();
        return new Promise(() => {});
      }),
      limits: { drainDeadlineMilliseconds: 100 },
    });
    const stuck = call(webhook, { body: review });
    const cut = stuck.catch((error: unknown) => error);
    await begun.promise;
    await webhook.server.drain();
    expect(String(await cut)).toMatch(connectionLost);
    expect(webhook.logs).toContainEqual(
      expect.objectContaining({ message: 'the drain deadline has passed; connections were cut' }),
    );
  });
});

describe('start', () => {
  it('leaves no port open when it fails', async () => {
    const first = await start();
    await expect(start({ metricsPort: first.metricsPort })).rejects.toThrow(/EADDRINUSE/);
    const second = await start();
    await expect(start({ port: second.port })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('too many connections', () => {
  it('cost the idle ones', async () => {
    const webhook = await start({ limits: { maximumConnections: 2 } });
    const idle = [await openConnection(webhook), await openConnection(webhook)];
    for (const connection of idle) {
      connection.send(post(review));
      await connection.until('allowed');
    }
    const third = call(webhook, { body: review });
    await expect(third).rejects.toThrow(connectionLost);
    await Promise.all(idle.map((connection) => connection.untilClosed()));
    expect(await call(webhook, { body: review })).toMatchObject({ code: 200 });
  });
});

async function start(options: Partial<WebhookServerOptions> = {}): Promise<WebhookUnderTest> {
  const webhook = await startWebhookUnderTest(certificates, options);
  running.push(webhook);
  return webhook;
}

function handledBy(handler: AdmissionHandler): Pick<WebhookServerOptions, 'routes'> {
  return { routes: [{ path: testRoute, handler }] };
}

function post(body: Uint8Array, path: string = testRoute): Buffer {
  const head = [
    `POST ${path}?timeout=10s HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** For what is announced nowhere: bytes in a buffer, a port that closes. */
async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
