import { expect, test } from 'vitest';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { evictPod } from './evict-pod.ts';

const pod = { metadata: { namespace: 'shop', name: 'web-0', uid: 'uid-1', resourceVersion: '1' } };

function setUp(answer: (call: number) => unknown) {
  let calls = 0;
  const kube = scriptKubeClient(() => answer((calls += 1)));
  const clock = createManualClock();
  const controller = new AbortController();
  const { signal } = controller;
  const evicted = evictPod({ kube, signal, whileWaiting: async (wait) => wait() }, pod, 5, {
    clock,
    random: () => 0.5,
  });
  return { kube, clock, controller, evicted };
}

test('that pod and no other of its name is asked to go', async () => {
  const { kube, evicted } = setUp(() => ({}));
  await evicted;
  expect(kube.requests).toMatchObject([
    {
      method: 'POST',
      path: '/api/v1/namespaces/shop/pods/web-0/eviction',
      body: { kind: 'Eviction', deleteOptions: { preconditions: { uid: 'uid-1' }, gracePeriodSeconds: 5 } },
    },
  ]);
});

test.each([
  [404, 'NotFound', undefined],
  [409, 'Conflict', undefined],
  [403, 'Forbidden', [{ reason: 'NamespaceTerminating' }]],
])('a pod that is gone or going (%i) is evicted', async (code, reason, causes) => {
  const { evicted } = setUp(() => {
    throw refusal(code, reason, causes);
  });
  await expect(evicted).resolves.toBeUndefined();
});

test('a budget is asked again after a while, and again later', async () => {
  const { kube, clock, evicted } = setUp((call) => {
    if (call <= 2) throw refusal(429, 'TooManyRequests');
    return {};
  });
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(374);
  expect(kube.requests).toHaveLength(1);
  clock.advance(1);
  await expect.poll(() => kube.requests.length).toBe(2);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(750);
  await evicted;
});

test('when its time is up, what was in the way is said', async () => {
  const { clock, controller, evicted } = setUp(() => {
    throw refusal(429, 'TooManyRequests');
  });
  await expect.poll(() => clock.waiting).toBe(1);
  controller.abort(new Error('time is up'));
  await expect(evicted).rejects.toThrow('shop/web-0 could not be evicted: scripted 429');
});

test('any other refusal is thrown', async () => {
  const { evicted } = setUp(() => {
    throw refusal(403, 'Forbidden');
  });
  await expect(evicted).rejects.toThrow('403');
});
