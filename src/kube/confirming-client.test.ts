import { expect, test } from 'vitest';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { confirmingClient } from './confirming-client.ts';
import type { KubeRequest } from './kube-client.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { createManualClock } from './manual-clock.ts';

const missing = new KubeStatusError({
  code: 403,
  reason: 'Forbidden',
  message:
    'pods "a" is forbidden: User "system:serviceaccount:shop:runner" cannot delete resource "pods" in API group "" in the namespace "shop"',
});
const ok = new KubeConnectionError('not-json', 'The answer to GET /readyz is no JSON');
const request: KubeRequest = { method: 'DELETE', path: '/api/v1/namespaces/shop/pods/a' };

/** Answers of the pods, then of /readyz, each in order; the last one stays. */
function setUp(pods: readonly unknown[], readyz: readonly unknown[]) {
  const left = { pods: [...pods], readyz: [...readyz] };
  const scripted = scriptKubeClient(({ path }) => {
    const answers = path === '/readyz' ? left.readyz : left.pods;
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const clock = createManualClock();
  const paths = () => scripted.requests.map(({ path }) => (path === '/readyz' ? 'readyz' : 'pods'));
  return { clock, paths, client: confirmingClient(scripted, clock) };
}

test('what is refused while the API server starts is asked for again once it is ready', async () => {
  const { client, clock, paths } = setUp([missing, 'deleted'], [refusal(500, 'InternalError'), missing, ok]);
  const answer = client.request(request);
  await expect.poll(() => clock.waiting).toBe(1);
  expect(paths()).toEqual(['pods', 'readyz']);
  clock.advance(200);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(200);
  expect(await answer).toBe('deleted');
  expect(paths()).toEqual(['pods', 'readyz', 'readyz', 'readyz', 'pods']);
});

test('what an API server refuses that is ready is refused', async () => {
  const { client, paths } = setUp([missing], [ok]);
  await expect(client.request(request)).rejects.toBe(missing);
  expect(paths()).toEqual(['pods', 'readyz', 'pods']);
});

test('what its admission was not ready for is asked for again', async () => {
  const message = 'pods "a" is forbidden: not yet ready to handle request';
  const notReady = new KubeStatusError({ code: 403, reason: 'Forbidden', message });
  const { client } = setUp([notReady, 'deleted'], [ok]);
  expect(await client.request(request)).toBe('deleted');
});

test('an API server that never says whether it is ready is believed after ten seconds', async () => {
  const { client, clock } = setUp([missing], [missing]);
  const answer = client.request(request).catch((error: unknown) => error);
  for (let waited = 0; waited < 10_000; waited += 200) {
    await expect.poll(() => clock.waiting).toBe(1);
    clock.advance(200);
  }
  expect(await answer).toBe(missing);
});

test('who gives up does not wait for it', async () => {
  const { client, clock } = setUp([missing], [refusal(500, 'InternalError')]);
  const giveUp = new AbortController();
  const answer = client.request({ ...request, signal: giveUp.signal });
  await expect.poll(() => clock.waiting).toBe(1);
  giveUp.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
  expect(clock.waiting).toBe(0);
});

test('nobody waits on a client that was closed', async () => {
  const closed = new KubeConnectionError('closed', 'The client is closed');
  const { client, paths } = setUp([missing], [closed]);
  await expect(client.request(request)).rejects.toBe(closed);
  expect(paths()).toEqual(['pods', 'readyz']);
});

test.each([
  refusal(403, 'Forbidden'),
  refusal(404, 'NotFound'),
  new KubeConnectionError('broken', 'lost'),
  new KubeStatusError({
    code: 403,
    reason: 'Forbidden',
    message: 'admission webhook "x" denied the request: no',
  }),
])('no other refusal is asked about: %s', async (error) => {
  const { client, paths } = setUp([error], [ok]);
  await expect(client.request(request)).rejects.toBe(error);
  expect(paths()).toEqual(['pods']);
});
