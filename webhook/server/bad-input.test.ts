/**
 * Whatever bytes arrive, the server answers and lives. FUZZ_RUNS sets how many inputs go into the parser (16,000 by
 * default); a quarter as many go over TLS. A failure prints its seed and the smallest input that shows it.
 */
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  makeAdmissionReview,
  makeAdmissionReviewBytes,
} from '../../test/builders/admission-review-builder.ts';
import type { RawConnection, WebhookUnderTest } from '../../test/builders/webhook-under-test.ts';
import {
  call,
  issueTestCertificates,
  openConnection,
  startWebhookUnderTest,
  testRoute,
} from '../../test/builders/webhook-under-test.ts';
import { AdmissionReviewError } from '../admission/admission-review-error.ts';
import { parseAdmissionReview } from '../admission/admission-review.ts';

// oxlint-disable-next-line node/no-process-env -- the one knob of a test
const parserRuns = Number(process.env['FUZZ_RUNS'] ?? 16_000);
const socketRuns = Math.ceil(parserRuns / 4);
const timeout = 30_000 + parserRuns * 5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const crashes: unknown[] = [];
const onCrash = (error: unknown): void => void crashes.push(error);

beforeAll(() => {
  // fast-check keeps tables of all characters, once it has made the first text of them.
  fc.sample(anyBody(), 1_000);
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
});

afterAll(() => {
  process.off('uncaughtException', onCrash);
  process.off('unhandledRejection', onCrash);
});

afterEach(() => {
  if (crashes.length > 0) throw new AggregateError(crashes, 'the process would have ended');
});

describe('the parser', () => {
  it(
    'reads a review or throws its own error, whatever the bytes',
    () => {
      const before = heapAfterGarbage();
      let read = 0;
      fc.assert(
        fc.property(anyBody(), (body) => {
          if (isRead(body)) read += 1;
        }),
        { numRuns: parserRuns },
      );
      // Were nothing read, or everything, the inputs would not be worth their time.
      expect(read).toBeGreaterThan(parserRuns / 100);
      expect(read).toBeLessThan(parserRuns / 2);
      expect(heapAfterGarbage() - before).toBeLessThan(20_000_000);
    },
    timeout,
  );
});

describe('the server', () => {
  let webhook: WebhookUnderTest;

  beforeAll(async () => {
    webhook = await startWebhookUnderTest(await issueTestCertificates(), {
      limits: {
        maximumBodyBytes: 1_000_000,
        bodyDeadlineMilliseconds: 250,
        headersDeadlineMilliseconds: 250,
        lingerMilliseconds: 50,
      },
    });
  });

  afterAll(async () => {
    await webhook.server.drain();
  });

  it(
    'answers 200 to reviews alone, on connections that are kept',
    async () => {
      const before = heapAfterGarbage();
      const client = keptConnection();
      await fc.assert(
        fc.asyncProperty(anyBody(), async (body) => {
          const code = codeOf(await client.exchange(httpPost(body)));
          expect(code).toBe(isRead(body) ? 200 : 400);
        }),
        { numRuns: socketRuns },
      );
      client.close();
      expect(await call(webhook, { body: makeAdmissionReviewBytes() })).toMatchObject({ code: 200 });
      expect(webhook.server.bodyBytes()).toBe(0);
      webhook.observations.length = 0;
      expect(heapAfterGarbage() - before).toBeLessThan(30_000_000);
    },
    timeout,
  );

  it(
    'answers any HTTP, and what is none, with an error that is neither 429 nor 503',
    async () => {
      const client = keptConnection();
      await fc.assert(
        fc.asyncProperty(anyRequest(), async (bytes) => {
          const answer = await client.exchange(bytes);
          // Some inputs end the connection without a word: an upgrade, a bare line end. None is admitted.
          if (answer === '') return;
          expect(codeOf(answer)).toBeGreaterThanOrEqual(400);
          expect([429, 503]).not.toContain(codeOf(answer));
          expect(answer.toLowerCase()).not.toContain('retry-after');
        }),
        { numRuns: Math.ceil(socketRuns / 4) },
      );
      client.close();
      expect(await call(webhook, { body: makeAdmissionReviewBytes() })).toMatchObject({ code: 200 });
      expect(webhook.server.bodyBytes()).toBe(0);
    },
    timeout,
  );

  it('delays nobody for slow bodies and huge ones', async () => {
    // Nobody is closed for being slow but those that send no body: on a busy machine 200 MB take their time, handshakes too,
    // and whoever still sends when the connection is closed reads no answer.
    const patient = await startWebhookUnderTest(await issueTestCertificates(), {
      limits: {
        maximumBodyBytes: 1_000_000,
        lingerMilliseconds: 15_000,
        handshakeDeadlineMilliseconds: 60_000,
      },
    });
    const slow = await Promise.all(Array.from({ length: 50 }, async () => openConnection(patient)));
    for (const connection of slow) connection.send(httpPost(makeAdmissionReviewBytes()).subarray(0, -5));
    const huge = sendElsewhere(patient, { bodies: 40, bytes: 5_000_000 });
    let settled = false;
    const codes = huge.finally(() => {
      settled = true;
    });
    const durations: number[] = [];
    while (!settled) durations.push(await durationOfCall(patient));
    expect(await codes).toEqual(Array.from({ length: 40 }, () => 413));
    for (const connection of slow) expect(await connection.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 408 /);
    // Each call has a connection of its own, with its handshake; a delayed one would take a body's deadline, or all.
    const sorted = durations.toSorted((left, right) => left - right);
    expect(sorted.length).toBeGreaterThan(10);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(500);
    expect(sorted.at(-1)).toBeLessThan(3_000);
    for (const connection of slow) connection.socket.destroy();
    await patient.server.drain();
  });

  it('stays within its memory under bombs', async () => {
    const before = heapAfterGarbage();
    const bombs = ['['.repeat(999_999), `[${'{},'.repeat(300_000)}{}]`, `{"a":${'[1],'.repeat(200_000)}`].map(
      (bomb) => Buffer.from(bomb),
    );
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(bombs.map(async (body) => call(webhook, { body })));
      for (const { code } of answers) expect(code).toBe(400);
    }
    expect(webhook.server.bodyBytes()).toBe(0);
    expect(heapAfterGarbage() - before).toBeLessThan(10_000_000);
  }, 20_000);

  async function durationOfCall(asked: WebhookUnderTest): Promise<number> {
    const begun = performance.now();
    expect(await call(asked, { body: makeAdmissionReviewBytes() })).toMatchObject({ code: 200 });
    return performance.now() - begun;
  }

  /** Sends huge bodies from a thread of their own, so that sending them does not delay who measures. */
  async function sendElsewhere(
    { port, ca }: WebhookUnderTest,
    what: { bodies: number; bytes: number },
  ): Promise<unknown> {
    const workerData = { ...what, path: testRoute, port, ca };
    const worker = new Worker(hugeSender, { eval: true, workerData });
    const [codes] = (await once(worker, 'message')) as [unknown];
    return codes;
  }

  /** One connection after another: each is used until the server closes it. */
  function keptConnection(): { exchange: (bytes: Uint8Array) => Promise<string>; close: () => void } {
    let connection: RawConnection | undefined;
    return {
      async exchange(bytes) {
        if (connection === undefined || connection.socket.destroyed || !connection.socket.writable) {
          connection = await openConnection(webhook);
        }
        connection.forget();
        connection.send(bytes);
        const answer = await connection.until('\r\n\r\n');
        // Bodies of answers come with their heads, in one write; what follows an error is nobody's.
        if (!answer.startsWith('HTTP/1.1 200') || answer.includes('connection: close')) {
          connection.socket.destroy();
          connection = undefined;
        }
        return answer;
      },
      close: () => connection?.socket.destroy(),
    };
  }
});

const hugeSender = `
  const { request } = require('node:https');
  const { parentPort, workerData } = require('node:worker_threads');
  const { bodies, bytes, ...options } = workerData;
  const headers = { 'content-type': 'application/json' };
  const body = Buffer.alloc(bytes, '[');
  const send = () => new Promise((resolve) => {
    const call = request({ ...options, headers, host: '127.0.0.1', method: 'POST', agent: false }, (answer) => {
      resolve(answer.statusCode);
      call.destroy();
    });
    call.on('error', (error) => resolve(error.code));
    call.end(body);
  });
  Promise.all(Array.from({ length: bodies }, send)).then((codes) => parentPort.postMessage(codes));
`;

/** Whether the body is read as a review. Throws when the parser does anything but read it or refuse it. */
function isRead(body: Uint8Array): boolean {
  let uid: string;
  try {
    ({ uid } = parseAdmissionReview(body));
  } catch (error) {
    if (error instanceof AdmissionReviewError && error.message.length < 1_000) return false;
    throw error;
  }
  const review = JSON.parse(Buffer.from(body).toString()) as { kind: unknown; request: { uid: unknown } };
  if (review.kind !== 'AdmissionReview' || review.request.uid !== uid) throw new Error('that was no review');
  return true;
}

/** Noise, JSON, reviews with something else in the place of a field, reviews with broken bytes. */
function anyBody(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .tuple(reviewPath, anyValue())
      .map(([path, value]) => Buffer.from(JSON.stringify(replaceAt(path, value)) ?? '')),
    fc
      .tuple(reviewPath, fc.json())
      .map(([path, json]) =>
        Buffer.from(JSON.stringify(replaceAt(path, 'HERE')).replace('"HERE"', () => json)),
      ),
    fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([at, bytes]) => {
      const review = makeAdmissionReviewBytes();
      review.set(bytes, at % (review.length - bytes.length));
      return review;
    }),
    fc.nat().map((length) => {
      const review = makeAdmissionReviewBytes();
      return review.subarray(0, length % (review.length + 1));
    }),
  );
}

const reviewPath = fc.constantFrom(...pathsOf(makeAdmissionReview()));

function anyValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom(undefined, null, '', 0, -1, true, [], {}, [null], '__proto__', 'x'.repeat(5_000)),
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'labels', 'name'), fc.jsonValue()),
  );
}

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

function replaceAt(path: readonly string[], value: unknown): unknown {
  const replace = (part: unknown, [key, ...rest]: readonly string[]): unknown =>
    key === undefined
      ? value
      : { ...(part as object), [key]: replace((part as Record<string, unknown>)[key], rest) };
  return replace(makeAdmissionReview(), path);
}

/** Requests that are wrong in their line, their headers or their framing. */
function anyRequest(): fc.Arbitrary<Uint8Array> {
  const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
  const line = fc.string({ unit: 'binary-ascii', maxLength: 40 });
  const target = fc.oneof(
    line,
    fc.webPath(),
    fc.constantFrom('*', '//', '/%', `${testRoute}/..`, 'https://x/y'),
  );
  const method = fc.oneof(
    token,
    fc.constantFrom('GET', 'PUT', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE'),
  );
  const header = fc.oneof(
    fc.tuple(token, line).map(([name, value]) => `${name}: ${value}`),
    line,
    fc.constantFrom(
      'Content-Length: -1',
      'Content-Length: 5\r\nContent-Length: 6',
      'Content-Length: 99999999999999999999',
      'Content-Length: 0x10',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked\r\nContent-Length: 3',
      'Transfer-Encoding: identity',
      'Content-Type: application/json; charset=utf-16',
      'Expect: 200-maybe',
      'Connection: upgrade\r\nUpgrade: h2c',
      `X: ${'y'.repeat(17_000)}`,
    ),
  );
  const headers = fc.array(header, { maxLength: 4 }).map((lines) => lines.join('\r\n'));
  const ending = fc.oneof(
    line,
    fc.constantFrom('5\r\nabcde\r\n0\r\n\r\n', 'ZZ\r\n', 'FFFFFFFFFFFFFFFFF\r\n', ''),
  );
  return fc.oneof(
    fc
      .uint8Array({ minLength: 1, maxLength: 200 })
      .map((noise) => Buffer.concat([noise, Buffer.from('\r\n\r\n')])),
    fc
      .tuple(method, target, headers, ending)
      .map(([verb, path, lines, rest]) =>
        Buffer.from(`${verb} ${path} HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n${rest}`, 'latin1'),
      ),
    fc
      .tuple(headers, ending)
      .map(([lines, rest]) =>
        Buffer.from(`POST ${testRoute} HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n${rest}`, 'latin1'),
      ),
  );
}

function httpPost(body: Uint8Array): Buffer {
  const head = `POST ${testRoute}?timeout=10s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
  return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
}

function codeOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

function heapAfterGarbage(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
