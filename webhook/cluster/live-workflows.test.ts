import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { annotationsOf, type ApprovalNotes } from '../../test/builders/approvable-builder.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { makeWorkflow, type WorkflowBuilder } from '../../test/builders/workflow-builder.ts';
import { watchLiveWorkflows, type LiveWorkflows } from './live-workflows.ts';

const notes: ApprovalNotes = { stepCount: '12', threshold: '10', approved: 'true', installation: 'here' };
const big = makeWorkflow('big').inNamespace('shop').steps(12);

let workflows: LiveWorkflows | undefined;
afterEach(() => workflows?.reflector.stop());

/** Workflows that no watch shows: each question is a quorum read. */
function unwatched(answer: () => object) {
  const client = scriptKubeClient(answer);
  workflows = watchLiveWorkflows({ client, clock: createManualClock() }, async () => 'here');
  return { workflows, reads: () => client.requests.filter(({ method }) => method === 'GET') };
}

function stored(builder: WorkflowBuilder, annotations: ApprovalNotes = notes, more: object = {}): object {
  const workflow = builder.build();
  return {
    ...workflow,
    metadata: { ...workflow.metadata, annotations: annotationsOf(annotations), ...more },
  };
}

describe('what is known of a workflow that the watch does not show', () => {
  it.each([
    ['lives', stored(big), { state: 'live', stepCount: '12', threshold: '10', decision: 'true' }],
    ['has settled', stored(big.phase('completed')), { state: 'settled' }],
    ['is being deleted', stored(big, notes, { deletionTimestamp: 'now' }), { state: 'deleting' }],
    [
      'has stamps of another installation: they are none',
      stored(big, { ...notes, installation: 'elsewhere' }),
      { state: 'live', stepCount: undefined, threshold: undefined },
    ],
    ['is from before the installation', stored(big, {}), { state: 'live', stepCount: undefined }],
  ])('is that it %s', async (_, object, facts) => {
    expect(await unwatched(() => object).workflows.factsOf('shop', 'big')).toMatchObject(facts);
  });

  it('is that there is none', async () => {
    const { workflows } = unwatched(() => {
      throw refusal(404, 'NotFound');
    });
    expect(await workflows.factsOf('shop', 'big')).toMatchObject({ state: 'missing' });
    expect(await workflows.read('shop', 'big')).toBe('missing');
  });

  it('is nothing where the API server does not say', async () => {
    const { workflows } = unwatched(() => {
      throw refusal(429, 'TooManyRequests');
    });
    await expect(workflows.factsOf('shop', 'big')).rejects.toThrow('scripted 429');
    await expect(workflows.read('shop', 'big')).rejects.toThrow('scripted 429');
  });
});

describe('a quorum read', () => {
  it('shows what an approval is of, and asks no cache', async () => {
    const { workflows, reads } = unwatched(() => stored(big));
    expect(await workflows.read('shop', 'big')).toMatchObject({ name: 'big', stepCount: 12 });
    expect(reads().at(-1)?.query).toBeUndefined();
  });

  it('shows no decision that another installation has let pass', async () => {
    const { workflows } = unwatched(() => stored(big, { ...notes, installation: 'elsewhere' }));
    expect(await workflows.read('shop', 'big')).toMatchObject({ annotations: {} });
  });

  it('shows that a spec cannot be read', async () => {
    const { workflows } = unwatched(() => ({ ...stored(big), spec: {} }));
    expect(await workflows.read('shop', 'big')).toBe('unreadable');
  });
});
