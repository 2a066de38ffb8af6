import { expect, it } from 'vitest';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { lookUpExecution, lookUpWorkflow } from './look-up.ts';

const { signal } = new AbortController();

it('finds what is there, and nothing where there is none', async () => {
  const client = scriptKubeClient(({ path }) => {
    if (path.endsWith('/heal')) return { metadata: { name: 'heal' } };
    throw refusal(404, 'NotFound');
  });
  const at = { namespace: 'shop', name: 'heal' };
  expect(await lookUpWorkflow(client, at, signal)).toMatchObject({ metadata: { name: 'heal' } });
  expect(await lookUpExecution(client, { ...at, name: 'gone' }, signal)).toBeUndefined();
});

it.each(['a/b', '../secrets', 'a%2Fb', ''])(
  'finds nothing that is called %j, and asks nobody',
  async (name) => {
    const client = scriptKubeClient(() => ({}));
    expect(await lookUpExecution(client, { namespace: 'shop', name }, signal)).toBeUndefined();
    expect(client.requests).toEqual([]);
  },
);

it('throws what says nothing of the object', async () => {
  const client = scriptKubeClient(() => {
    throw refusal(503, 'ServiceUnavailable');
  });
  const looked = lookUpExecution(client, { namespace: 'shop', name: 'heal' }, signal);
  await expect(looked).rejects.toMatchObject({ status: { code: 503 } });
});
