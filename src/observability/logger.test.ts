import { expect, test } from 'vitest';
import { createLogger, type Logger, type LogLevel } from './logger.ts';

function capture(level: LogLevel = 'debug'): { logger: Logger; lines: string[]; last: () => unknown } {
  const lines: string[] = [];
  const logger = createLogger({
    level,
    component: 'webhook',
    destination: { write: (line) => lines.push(line) },
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') };
}

const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nxyz=\n-----END RSA PRIVATE KEY-----';
const bearer = 'abcdefghijklmnopqrstuvwxyz';
const serviceAccountToken = 'eyJhbGciOiJSUzI1NiIs.eyJpc3MiOiJrdWJlcm5l.c2lnbmF0dXJl';

test('a line is JSON with time, level, component, facts and message', () => {
  const { logger, last } = capture();
  logger.info({ namespace: 'shop', count: 3 }, 'It happened');
  expect(last()).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    component: 'webhook',
    namespace: 'shop',
    count: 3,
    msg: 'It happened',
  });
});

test('lines below the level are not written', () => {
  const { logger, lines } = capture('warn');
  logger.info({}, 'quiet');
  logger.warn({}, 'loud');
  expect(lines).toHaveLength(1);
});

test('an error shows its type, code, stack and causes, and not what others hung on it', () => {
  const { logger, last } = capture();
  const cause = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' });
  const error = Object.assign(new Error('no answer', { cause }), {
    code: 'KubeConnection',
    request: { headers: { authorization: bearer } },
  });
  logger.error({ err: error }, 'A request failed');
  expect(last()).toMatchObject({
    err: {
      type: 'Error',
      message: 'no answer',
      code: 'KubeConnection',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { type: 'TypeError', message: 'refused', code: 'ECONNREFUSED' },
    },
  });
  expect(last()).not.toHaveProperty('err.request');
});

test('an error alone is logged with its message', () => {
  const { logger, last } = capture();
  logger.error(new AggregateError([new Error('one')], 'all failed'));
  expect(last()).toMatchObject({
    msg: 'all failed',
    err: { type: 'AggregateError', errors: [{ message: 'one' }] },
  });
});

test('what is secret by its name is not written, at any depth', () => {
  const { logger, lines, last } = capture();
  logger.info(
    {
      token: 's3cret-1',
      request: { headers: { Authorization: 's3cret-2', accept: 'application/json' } },
      tls: [{ 'tls.key': 's3cret-3', privateKey: 's3cret-4', key: 's3cret-5' }],
    },
    'A request',
  );
  expect(lines.join()).not.toContain('s3cret');
  expect(last()).toMatchObject({ request: { headers: { accept: 'application/json' } } });
});

test('the data of a Secret is not written, that of a ConfigMap is', () => {
  const { logger, last } = capture();
  logger.info(
    {
      objects: [
        {
          kind: 'Secret',
          metadata: { name: 'certificate' },
          data: { any: 'czNjcmV0' },
          stringData: { any: 's' },
        },
        { kind: 'ConfigMap', data: { enforcement: 'warn' } },
      ],
    },
    'Objects',
  );
  expect(last()).toMatchObject({
    objects: [
      { metadata: { name: 'certificate' }, data: '[redacted]', stringData: '[redacted]' },
      { data: { enforcement: 'warn' } },
    ],
  });
});

test.each([
  ['a private key', pem],
  ['half of a private key', pem.slice(0, 50)],
  ['a private key in base64', Buffer.from(pem).toString('base64')],
  ['a header', `authorization: Bearer ${bearer}`],
  ['a token of a service account', serviceAccountToken],
])('%s inside of text is not written, wherever it stands', (_what, text) => {
  const { logger, lines, last } = capture();
  logger.info({ anything: `before ${text}`, after: 'still there' }, `It said ${text}`);
  logger.error({ err: new Error(text) }, 'failed');
  for (const secret of ['MIIEow', 'TUlJRW93', bearer, 'c2lnbmF0dXJl'])
    expect(lines.join()).not.toContain(secret);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ after: 'still there' });
  expect(last()).toMatchObject({ msg: 'failed' });
});

test('bytes, endless structures and long texts are written short', () => {
  const { logger, lines, last } = capture();
  const circle: Record<string, unknown> = { big: 10n, when: new Date(0), set: new Set([1]) };
  circle.self = circle;
  const text = 'x'.repeat(1_000_000);
  const items = Array.from({ length: 1000 }, () => 1);
  logger.info({ bytes: Buffer.from(pem), circle, text, items }, 'Much');
  expect(last()).toMatchObject({
    bytes: `[${Buffer.byteLength(pem)} bytes]`,
    circle: { big: '10', when: '1970-01-01T00:00:00.000Z', set: [1] },
    text: expect.stringContaining('(1000000 characters)'),
  });
  expect(lines[0]?.length).toBeLessThan(10_000);
});
