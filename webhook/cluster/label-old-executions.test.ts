import { expect, it, vi } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { type ExecutionBuilder, makeExecution } from '../../test/builders/execution-builder.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createExecutionLabeller } from './label-old-executions.ts';

const observed = { namespace: 'shop', name: 'step', uid: 'uid-1', resourceVersion: '7', workflow: undefined };

const stored = (execution: ExecutionBuilder, resourceVersion = '7'): KubernetesExecution => {
  const object = execution.inNamespace('shop').uid('uid-1').build();
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
};

interface Cluster {
  readonly read?: () => unknown;
  readonly patched?: () => unknown;
  readonly watchReached?: (resourceVersion: string) => Promise<boolean>;
}

/** A labeller over an API server that has this execution, and a watch that shows everything at once. */
function labellerOf(execution: ExecutionBuilder, cluster: Cluster = {}) {
  const { read = () => stored(execution), patched = () => stored(execution, '8') } = cluster;
  const { watchReached = async () => true } = cluster;
  const clock = createManualClock();
  const { logger, messages } = keepLogs();
  const client = scriptKubeClient(({ method }) => (method === 'PATCH' ? patched() : read()));
  const counted: unknown[] = [];
  const count = (each: object): void => void counted.push(each);
  const labeller = createExecutionLabeller({ client, clock, logger, watchReached, count });
  const patches = (): unknown[] =>
    client.requests.filter(({ method }) => method === 'PATCH').map(({ body }: KubeRequest) => body);
  return { labeller, clock, messages, patches, counted };
}

it('labels an execution that names its workflow in its spec', async () => {
  const { labeller, patches } = labellerOf(makeExecution('step').referringTo('restart'));
  labeller.label(observed);
  expect(labeller.busy).toBe(true);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
  expect(patches()).toEqual([[{ op: 'add', path: '/metadata/labels', value: { workflow: 'restart' } }]]);
});

it('labels an execution that is known by an owner, who may be removed', async () => {
  const { labeller, patches } = labellerOf(makeExecution('step').ownedBy('restart'));
  labeller.label(observed);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
  expect(patches()).toHaveLength(1);
});

it('writes nothing where another replica was first, and waits for the watch all the same', async () => {
  const watchReached = vi.fn<(resourceVersion: string) => Promise<boolean>>(async () => true);
  const { labeller, patches } = labellerOf(makeExecution('step').of('restart'), { watchReached });
  labeller.label(observed);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
  expect(patches()).toEqual([]);
  expect(watchReached).toHaveBeenCalledExactlyOnceWith('7');
});

it('is busy until the watch has shown the label: before, the execution is not counted', async () => {
  let shown = false;
  const watchReached = vi.fn<(resourceVersion: string) => Promise<boolean>>(async () => shown);
  const { labeller, clock } = labellerOf(makeExecution('step').referringTo('restart'), { watchReached });
  labeller.label(observed);
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
  expect(watchReached).toHaveBeenCalledWith('8');
  expect(labeller.busy).toBe(true);
  shown = true;
  clock.advance(1_000);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
});

it('tries again until the API server does it', async () => {
  let failures = 2;
  const patched = (): unknown => {
    failures -= 1;
    if (failures >= 0) throw refusal(500, 'InternalError');
    return stored(makeExecution('step'), '8');
  };
  const { labeller, clock, messages } = labellerOf(makeExecution('step').referringTo('restart'), { patched });
  labeller.label(observed);
  for (let failure = 1; failure <= 2; failure += 1) {
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    expect(messages('warn')).toHaveLength(failure);
    clock.advance(1_000);
  }
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
});

it.each(['read', 'patched'])('is done with an execution that is gone when it is %s', async (when) => {
  const gone = async (): Promise<unknown> => {
    throw refusal(404, 'NotFound');
  };
  const { labeller } = labellerOf(makeExecution('step').referringTo('restart'), { [when]: gone });
  labeller.label(observed);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
});

it('is done with an execution that has settled while it waited: the watch of active ones would never show its label', async () => {
  const watchReached = vi.fn<(resourceVersion: string) => Promise<boolean>>(async () => false);
  const settled = makeExecution('step').referringTo('restart').phase('completed');
  const { labeller, patches } = labellerOf(settled, { watchReached });
  labeller.label(observed);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
  expect(patches()).toEqual([]);
  expect(watchReached).not.toHaveBeenCalled();
});

it('says which execution counts for no workflow, and does not wait for it', async () => {
  const { labeller, messages, patches } = labellerOf(makeExecution('step'));
  labeller.label(observed);
  await vi.waitFor(() => expect(labeller.busy).toBe(false));
  expect(messages('warn').join()).toContain(
    'an active execution counts for no workflow: The execution names no',
  );
  expect(patches()).toEqual([]);
});

it.each([403, 422])(
  'counts an execution whose patch is refused with %i, and waits no longer',
  async (code) => {
    const patched = async (): Promise<unknown> => {
      throw refusal(code, 'Forbidden');
    };
    const execution = makeExecution('step').referringTo('restart');
    const { labeller, messages, counted } = labellerOf(execution, { patched });
    labeller.label(observed);
    await vi.waitFor(() => expect(labeller.busy).toBe(false));
    expect(counted).toEqual([{ ...observed, workflow: 'restart' }]);
    expect(messages('error').join()).toContain('it is counted by what it refers to');
  },
);

it.each([401, 409, 429])('tries again where the patch is refused with %i', async (code) => {
  const patched = async (): Promise<unknown> => {
    throw refusal(code, 'Whatever');
  };
  const execution = makeExecution('step').referringTo('restart');
  const { labeller, clock, counted } = labellerOf(execution, { patched });
  labeller.label(observed);
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
  expect(labeller.busy).toBe(true);
  expect(counted).toEqual([]);
});
