import { expect, it } from 'vitest';
import { activeExecutionFieldSelector } from '../../src/api/phase.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createStepLister } from './step-lister.ts';

function clientOf(...items: readonly object[]) {
  return scriptKubeClient(() => ({ items, metadata: { resourceVersion: '77' } }));
}

it('lists the active executions of one workflow with their specs, and the revision of the list', async () => {
  const mine = makeExecution('mine').of('restart').step(2).build();
  const other = makeExecution('other').of('another').build();
  const client = clientOf(mine, other);
  expect(await createStepLister(client)('shop', 'restart')).toEqual({
    listedAt: '77',
    steps: [{ name: 'mine', spec: mine.spec }],
  });
  expect(client.requests[0]?.query).toMatchObject({
    labelSelector: 'workflow=restart',
    fieldSelector: activeExecutionFieldSelector,
  });
  expect(client.requests[0]?.query, 'a cache may not answer').not.toHaveProperty('resourceVersion');
});

it('finds those of a workflow whose name fits no label in the whole namespace', async () => {
  const long = 'w'.repeat(64);
  const client = clientOf(
    makeExecution('mine').of(long).build(),
    makeExecution('other').of('restart').build(),
  );
  expect((await createStepLister(client)('shop', long)).steps.map(({ name }) => name)).toEqual(['mine']);
  expect(client.requests[0]?.query).not.toHaveProperty('labelSelector');
});

it('rejects where the API server does not say', async () => {
  const client = scriptKubeClient(() => {
    throw refusal(429, 'TooManyRequests');
  });
  await expect(createStepLister(client)('shop', 'restart')).rejects.toThrow('scripted 429');
});
