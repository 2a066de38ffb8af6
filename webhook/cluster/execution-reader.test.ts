import { expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { activeExecutionFieldSelector, type ExecutionPhase } from '../../src/api/phase.ts';
import { makeExecution } from '../../test/builders/execution-builder.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createExecutionReader } from './execution-reader.ts';
import { createUnmarkedExecutions } from './unmarked-executions.ts';

const observed = { namespace: 'shop', name: 'step', uid: 'uid-1', resourceVersion: '7', workflow: 'restart' };

function stored(phase?: ExecutionPhase): KubernetesExecution {
  const builder = makeExecution('step').inNamespace('shop').uid('uid-1').of('restart');
  const object = (phase === undefined ? builder : builder.phase(phase)).build();
  return { ...object, metadata: { ...object.metadata, resourceVersion: '7' } };
}

it.each([
  [undefined, false],
  ['executing', false],
  ['completed', true],
  ['failed', true],
  ['rollback_ready', true],
] as const)(
  'reads one execution in phase %s by a quorum read, and whether it has settled',
  async (phase, settled) => {
    const client = scriptKubeClient(() => stored(phase));
    expect(await createExecutionReader(client, createUnmarkedExecutions()).get('shop', 'step')).toEqual({
      ...observed,
      settled,
    });
    expect(client.requests[0]?.query, 'a resourceVersion would allow an answer from a cache').toBeUndefined();
  },
);

it('reads that there is none', async () => {
  const client = scriptKubeClient(() => {
    throw refusal(404, 'NotFound');
  });
  expect(await createExecutionReader(client, createUnmarkedExecutions()).get('shop', 'step')).toBeUndefined();
});

it('rejects where the API server does not say', async () => {
  const reader = createExecutionReader(
    scriptKubeClient(() => {
      throw refusal(429, 'TooManyRequests');
    }),
    createUnmarkedExecutions(),
  );
  await expect(reader.get('shop', 'step')).rejects.toMatchObject({ code: 'KubeStatus' });
  await expect(reader.listActive('shop')).rejects.toMatchObject({ code: 'KubeStatus' });
});

it('lists the active executions of a namespace consistently', async () => {
  const client = scriptKubeClient(() => ({ metadata: { resourceVersion: '9' }, items: [stored()] }));
  expect(await createExecutionReader(client, createUnmarkedExecutions()).listActive('shop')).toEqual({
    revision: '9',
    items: [observed],
  });
  const [request] = client.requests;
  expect(request?.path).toContain('/namespaces/shop/');
  expect(request?.query).toMatchObject({ fieldSelector: activeExecutionFieldSelector });
  expect(request?.query).not.toHaveProperty('resourceVersion');
  expect(request?.accept).toContain('as=PartialObjectMetadataList');
});
