import { expect, it } from 'vitest';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createInstallationMark } from './installation-mark.ts';

function markOf(answer: () => string) {
  const clock = createManualClock();
  const client = scriptKubeClient(() => ({ metadata: { name: 'stepgate', uid: answer() } }));
  return { clock, client, mark: createInstallationMark(client, clock, 'stepgate') };
}

it('is the uid of the ValidatingWebhookConfiguration', async () => {
  const { mark, client } = markOf(() => 'uid-1');
  expect(await mark()).toBe('uid-1');
  expect(client.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/stepgate',
  ]);
});

it('is another within five seconds after the configuration was removed and put back', async () => {
  let uid = 'uid-1';
  const { mark, client, clock } = markOf(() => uid);
  await mark();
  uid = 'uid-2';
  clock.advance(4_999);
  expect(await mark()).toBe('uid-1');
  expect(client.requests).toHaveLength(1);
  clock.advance(1);
  expect(await mark()).toBe('uid-2');
});

it('is read once for all who ask at the same time', async () => {
  const { mark, client } = markOf(() => 'uid-1');
  expect(await Promise.all([mark(), mark()])).toEqual(['uid-1', 'uid-1']);
  expect(client.requests).toHaveLength(1);
});

it('is asked for again after the API server did not say', async () => {
  let fails = true;
  const { mark } = markOf(() => {
    if (fails) throw refusal(503, 'ServiceUnavailable');
    return 'uid-1';
  });
  await expect(mark()).rejects.toThrow('scripted 503');
  fails = false;
  expect(await mark()).toBe('uid-1');
});
