import { expect, test } from 'vitest';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createServiceAccountToken } from './service-account-token.ts';

function setUp(answer?: (call: number) => unknown, name = 'runner') {
  let calls = 0;
  const client = scriptKubeClient(() => {
    calls += 1;
    return answer?.(calls) ?? { spec: { expirationSeconds: 600 }, status: { token: `token-${calls}` } };
  });
  const clock = createManualClock();
  const account = { namespace: 'shop', name };
  return { client, clock, token: createServiceAccountToken({ client, account, clock, random: () => 0.5 }) };
}

test('a token is asked for once, by whoever needs it first', async () => {
  const { client, token } = setUp();
  expect(await Promise.all([token.current(), token.current()])).toEqual(['token-1', 'token-1']);
  expect(client.requests).toMatchObject([
    { method: 'POST', path: '/api/v1/namespaces/shop/serviceaccounts/runner/token' },
  ]);
});

test('a new one is asked for before the old one ends', async () => {
  const { clock, token } = setUp();
  await token.current();
  clock.advance(479_000);
  expect(await token.current()).toBe('token-1');
  clock.advance(1_000);
  expect(await token.current()).toBe('token-2');
});

test('while the API server is away the old one is used to its end, and no longer', async () => {
  const { clock, token } = setUp((call) => {
    if (call > 1) throw new KubeConnectionError('unreachable', 'away');
    return undefined;
  });
  await token.current();
  clock.advance(599_000);
  expect(await token.current()).toBe('token-1');
  clock.advance(1_000);
  await expect(token.current()).rejects.toThrow('away');
});

test('one that was dropped is not used again', async () => {
  const { token } = setUp();
  await token.current();
  token.drop();
  expect(await token.current()).toBe('token-2');
});

test.each(['a/token', '../default', 'a%2Fb', '..'])(
  'an account that is called %s is none, and is not waited for',
  async (name) => {
    const { client, token } = setUp(undefined, name);
    await expect(token.whenReachable(new AbortController().signal)).rejects.toMatchObject({
      message: expect.stringContaining(`There is no ServiceAccount ${name} in namespace shop`),
    });
    expect(client.requests).toEqual([]);
  },
);

test('an API server that is away is waited for', async () => {
  const { clock, token } = setUp((call) => {
    if (call <= 2) throw refusal(503, 'ServiceUnavailable');
    return undefined;
  });
  const reached = token.whenReachable(new AbortController().signal);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(1_000);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(1_000);
  expect(await reached).toBe('token-3');
});

test.each([
  [404, 'missing', 'There is no ServiceAccount runner in namespace shop'],
  [403, 'forbidden', 'The controller may not act as ServiceAccount runner of namespace shop'],
])('a %i is final, and says what is missing', async (code, reason, message) => {
  const { token } = setUp(() => {
    throw refusal(code, 'Refused');
  });
  await expect(token.whenReachable(new AbortController().signal)).rejects.toThrow(
    expect.objectContaining({ code: 'ServiceAccount', reason, message: expect.stringContaining(message) }),
  );
});
