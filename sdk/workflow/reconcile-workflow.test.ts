import { describe, expect, it } from 'vitest';
import { defaults } from '../../src/config/defaults.ts';
import { mergeConfig } from '../../src/config/merge.ts';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import type { EventFacts } from '../../src/kube/event-object.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { createStore } from '../../src/kube/store.ts';
import { createMetricsRegistry } from '../../src/observability/metrics-registry.ts';
import { createWorkflowMetrics } from '../../src/observability/workflow-metrics.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { makeWorkflow, type WorkflowBuilder } from '../../test/builders/workflow-builder.ts';
import type { CachedExecution } from './cached-execution.ts';
import { shrinkWorkflow, type StoredWorkflow } from './cached-workflow.ts';
import { reconcileWorkflow } from './reconcile-workflow.ts';
import { WorkflowMemory } from './workflow-memory.ts';

type Answer = (request: KubeRequest, name: string) => unknown;

/** One workflow `w` in namespace `n`, an API server that stores, and an answer that may come before it. */
function world(builder: WorkflowBuilder, answer: Answer = () => undefined) {
  const clock = createManualClock();
  const memory = new WorkflowMemory('u', () => 1);
  const executions = createStore<CachedExecution, 'workflow'>({ indexes: { workflow: () => ['n/w'] } });
  executions.replaced([], '1');
  const stored = new Map<string, CachedExecution>();
  const events: EventFacts[] = [];
  let version = 10;
  let workflow: StoredWorkflow & Pick<WorkflowExecution, 'status'> = {
    ...(builder.inNamespace('n').build() as WorkflowExecution & StoredWorkflow),
    metadata: {
      name: 'w',
      namespace: 'n',
      uid: 'u',
      generation: 1,
      resourceVersion: '10',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
  };
  const client = scriptKubeClient((request) => {
    const { method, path, body } = request;
    const name =
      method === 'POST'
        ? ((body as KubernetesExecution).metadata.name ?? '')
        : (path.split('/').at(-1) ?? '');
    const scripted = answer(request, name);
    if (scripted instanceof Error) throw scripted;
    if (scripted !== undefined) return scripted;
    version += 1;
    if (method === 'GET' && path.includes('workflowexecutions')) return workflow;
    if (method === 'GET') {
      const found = stored.get(name);
      if (found === undefined) throw refusal(404, 'NotFound');
      return found;
    }
    if (method === 'PATCH') {
      const patch = body as { metadata: { resourceVersion: string }; status: object };
      if (patch.metadata.resourceVersion !== workflow.metadata.resourceVersion)
        throw refusal(409, 'Conflict');
      const metadata = { ...workflow.metadata, resourceVersion: String(version) };
      workflow = {
        ...workflow,
        metadata,
        status: { ...(workflow.status as object | undefined), ...patch.status },
      };
      return workflow;
    }
    if (stored.has(name)) throw refusal(409, 'AlreadyExists');
    const sent = body as KubernetesExecution & CachedExecution;
    const metadata = { ...sent.metadata, uid: `uid-${name}`, resourceVersion: String(version) };
    stored.set(name, { ...sent, metadata });
    return stored.get(name);
  });
  const means = {
    client,
    executions,
    config: () => mergeConfig(defaults, {}),
    clock,
    date: () => new Date('2026-01-01T00:10:00Z'),
    metrics: createWorkflowMetrics(createMetricsRegistry(), () => ({
      active: 0,
      queued: 0,
      running: 0,
      limit: 5,
    })),
    hasRollback: () => false,
  };
  const reconcile = () => {
    const turn = {
      ...means,
      namespace: 'n',
      name: 'w',
      workflow: shrinkWorkflow(workflow, undefined),
      memory,
      signal: new AbortController().signal,
    };
    return reconcileWorkflow(turn, { record: (facts) => void events.push(facts) });
  };
  const see = (name: string, phase?: string): void => {
    const item = stored.get(name);
    if (item === undefined) throw new Error(`there is no ${name}`);
    version += 1;
    const metadata = { ...item.metadata, resourceVersion: String(version) };
    executions.modified({ ...item, metadata, ...(phase === undefined ? {} : { status: { phase } }) });
  };
  const status = () => workflow.status ?? {};
  const sent = (method: string) => client.requests.filter((request) => request.method === method).length;
  const change = (annotations: Record<string, string>): void => {
    version += 1;
    workflow = {
      ...workflow,
      metadata: { ...workflow.metadata, annotations, resourceVersion: String(version) },
    };
  };
  return { clock, memory, executions, stored, events, reconcile, see, status, sent, change, means };
}

const limitReached = () => refusal(429, 'TooManyRequests', [{ reason: 'ParallelLimitReached' }]);

describe('reconcileWorkflow', () => {
  it('creates what has a slot and writes the status once', async () => {
    const { reconcile, stored, status, sent, events } = world(makeWorkflow('w').steps(7));
    await reconcile();
    expect(stored.size).toBe(5);
    expect(status()).toMatchObject({
      phase: 'executing',
      activeSteps: 5,
      queuedSteps: 2,
      observedGeneration: 1,
    });
    expect(status().conditions).toMatchObject([
      { type: 'Progressing', status: 'True', reason: 'StepsRunning' },
      { type: 'Queued', status: 'True', reason: 'ParallelLimitReached' },
    ]);
    expect(status().conditions?.[1]?.message).toMatch(/^2 steps wait/);
    expect([sent('POST'), sent('PATCH')]).toEqual([5, 1]);
    expect(events.map(({ reason }) => reason)).toEqual(['Started']);
  });

  it('keeps no other step waiting for one whose plugin fails', async () => {
    const failed = refusal(500, 'InternalError', [{ reason: 'PluginFailed' }]);
    const { reconcile, means, stored } = world(makeWorkflow('w').steps(2), ({ method }, name) =>
      method === 'POST' && name === 'w-step-1' ? failed : undefined,
    );
    means.config = () => mergeConfig(defaults, { maxParallelSteps: '1' });
    expect(await reconcile()).toMatchObject({ after: expect.any(Number) });
    expect([...stored.keys()]).toEqual(['w-step-2']);
  });

  it.each(['warn', 'audit'] as const)(
    'asks again where the mode is %s, and a webhook that has not heard of it refuses',
    async (enforcement) => {
      const waits = refusal(403, 'Forbidden', [{ reason: 'ApprovalRequired' }]);
      const { reconcile, means, change } = world(makeWorkflow('w').steps(12), ({ method }) =>
        method === 'POST' ? waits : undefined,
      );
      change({ 'kubernaut.io/approval-required': 'true', 'kubernaut.io/step-count': '12' });
      means.config = () => mergeConfig(defaults, { enforcement });
      expect(await reconcile()).toMatchObject({ after: expect.any(Number) });
    },
  );

  it('does nothing where nothing has changed, before and after the cache shows what it has created', async () => {
    const { reconcile, see, sent, stored } = world(makeWorkflow('w').steps(7));
    await reconcile();
    await reconcile();
    for (const name of stored.keys()) see(name, 'executing');
    await reconcile();
    expect([sent('POST'), sent('PATCH'), sent('GET')]).toEqual([5, 1, 0]);
  });

  it('needs one write for a step that settles and one that takes its slot', async () => {
    const { reconcile, see, sent, stored, status, clock } = world(makeWorkflow('w').steps(7));
    await reconcile();
    for (const name of stored.keys()) see(name);
    see('w-step-2', 'completed');
    expect(await reconcile()).toEqual({ after: 50 });
    expect([sent('POST'), sent('PATCH')]).toEqual([6, 1]);
    clock.advance(50);
    await reconcile();
    expect([sent('POST'), sent('PATCH')]).toEqual([6, 2]);
    expect(status()).toMatchObject({ activeSteps: 5, queuedSteps: 1 });
    expect(status().stepStatuses?.map(({ phase }) => phase)).toEqual([
      'active',
      'completed',
      'active',
      'active',
      'active',
      'active',
      'queued',
    ]);
  });

  it('tells of steps that end together in one write, and soon, however many go on to end', async () => {
    const { reconcile, see, sent, stored, memory, clock } = world(makeWorkflow('w').steps(40));
    await reconcile();
    let settled = 0;
    while (sent('PATCH') === 1) {
      settled += 1;
      const name = `w-step-${settled}`;
      if (!stored.has(name)) throw new Error(`${name} was not created`);
      see(name, 'completed');
      memory.slotFreed();
      await reconcile();
      clock.advance(30);
    }
    expect([settled, clock.now()]).toEqual([10, 300]);
  });

  it('tells at once what becomes of a workflow, and when a step was seen to end where nobody says so', async () => {
    const { reconcile, see, status, memory } = world(makeWorkflow('w').steps(2));
    await reconcile();
    see('w-step-1', 'completed');
    memory.settledAt.set('uid-w-step-1', '2026-01-01T00:07:00Z');
    await reconcile();
    see('w-step-2', 'completed');
    await reconcile();
    expect(status()).toMatchObject({ phase: 'completed', completionTime: '2026-01-01T00:10:00.000Z' });
    expect(status().stepStatuses?.map(({ completionTime }) => completionTime)).toEqual([
      '2026-01-01T00:07:00Z',
      '2026-01-01T00:10:00.000Z',
    ]);
    expect(memory.settledAt.size).toBe(0);
  });

  it('queues what is refused for want of a slot, and asks again later and later, or when one is freed', async () => {
    let full = true;
    const { reconcile, clock, memory, sent, status } = world(makeWorkflow('w').steps(2), ({ method }) =>
      method === 'POST' && full ? limitReached() : undefined,
    );
    expect(await reconcile()).toEqual({ after: 50 });
    expect(status()).toMatchObject({ phase: 'pending', activeSteps: 0, queuedSteps: 2 });
    await reconcile();
    expect([sent('POST'), sent('PATCH')]).toEqual([2, 1]);
    clock.advance(50);
    expect(await reconcile()).toEqual({ after: 100 });
    expect([sent('POST'), sent('PATCH')]).toEqual([4, 1]);
    full = false;
    memory.slotFreed();
    await reconcile();
    expect(status()).toMatchObject({ phase: 'executing', activeSteps: 2, queuedSteps: 0 });
  });

  it('does not wait after a refusal that is older than a slot which was freed meanwhile', async () => {
    let asked = 0;
    const made = world(makeWorkflow('w').step(), ({ method }) => {
      if (method !== 'POST') return undefined;
      asked += 1;
      if (asked > 1) return undefined;
      made.memory.slotFreed();
      return limitReached();
    });
    await made.reconcile();
    expect(made.memory.slotsTaken(made.clock.now())).toBe(false);
    await made.reconcile();
    expect(made.stored.size).toBe(1);
  });

  it('waits for approval with one request, until the workflow changes', async () => {
    const waiting = { 'kubernaut.io/approval-required': 'true', 'kubernaut.io/step-count': '12' };
    let approved = false;
    const made = world(makeWorkflow('w').steps(12), ({ method }) =>
      method === 'POST' && !approved
        ? refusal(403, 'Forbidden', [{ reason: 'ApprovalRequired' }])
        : undefined,
    );
    made.change(waiting);
    expect(await made.reconcile()).toBeUndefined();
    await made.reconcile();
    expect(made.sent('POST')).toBe(1);
    expect(made.status()).toMatchObject({ phase: 'awaiting_approval', activeSteps: 0, queuedSteps: 0 });
    expect(made.events.map(({ reason }) => reason)).toEqual(['AwaitingApproval']);
    // The gate may hear of an approval later than the controller does.
    made.change({ ...waiting, 'kubernaut.io/approved': 'true', 'kubernaut.io/approved-by': 'ann' });
    expect(await made.reconcile()).toEqual({ after: 50 });
    approved = true;
    made.clock.advance(50);
    await made.reconcile();
    expect(made.status()).toMatchObject({ phase: 'executing', activeSteps: 5, queuedSteps: 7 });
    expect(made.status().conditions?.find(({ type }) => type === 'Approved')?.status).toBe('True');
  });

  it('waits, and is not over, after a rejection: an edit may bring it back', async () => {
    const made = world(makeWorkflow('w').steps(12), ({ method }) =>
      method === 'POST' ? refusal(403, 'Forbidden', [{ reason: 'WorkflowIsOver' }]) : undefined,
    );
    made.change({ 'kubernaut.io/approval-required': 'true', 'kubernaut.io/approved': 'false' });
    expect(await made.reconcile()).toBeUndefined();
    expect(made.status().phase).toBe('awaiting_approval');
    expect(made.status().conditions?.find(({ type }) => type === 'Approved')).toMatchObject({
      status: 'False',
      reason: 'Rejected',
    });
  });

  it('fails a step that can never be created, once, and goes on', async () => {
    const made = world(makeWorkflow('w').steps(3), ({ method }, name) =>
      method === 'POST' && name === 'w-step-2' ? refusal(422, 'Invalid') : undefined,
    );
    await made.reconcile();
    expect(made.status().stepStatuses?.map(({ phase }) => phase)).toEqual(['active', 'failed', 'active']);
    expect(made.status().stepStatuses?.[1]?.message).toBe('scripted 422');
    await made.reconcile();
    expect(made.sent('POST')).toBe(3);
    expect(made.events.map(({ reason }) => reason)).toEqual(['Started', 'StepFailed']);
  });

  it('does not believe a refusal of a workflow that has changed since', async () => {
    const made = world(makeWorkflow('w').step(), ({ method, path }) => {
      if (method === 'POST') return refusal(422, 'Invalid');
      if (method === 'GET' && path.includes('workflowexecutions'))
        return { metadata: { uid: 'u', generation: 2 } };
      return undefined;
    });
    expect(await made.reconcile()).toEqual({ after: 250 });
    expect(made.status().stepStatuses?.[0]?.phase).toBe('queued');
  });

  it('takes up what it has created when the answer was lost', async () => {
    let lost = true;
    const made = world(makeWorkflow('w').step(), ({ method, body }, name) => {
      if (method !== 'POST' || !lost) return undefined;
      lost = false;
      const sent = body as KubernetesExecution & CachedExecution;
      made.stored.set(name, { ...sent, metadata: { ...sent.metadata, uid: 'first', resourceVersion: '11' } });
      return new KubeConnectionError('broken', 'lost');
    });
    await expect(made.reconcile()).rejects.toThrow('lost');
    expect(made.status()).toMatchObject({ activeSteps: 0, queuedSteps: 1 });
    await made.reconcile();
    expect(made.status()).toMatchObject({ activeSteps: 1, queuedSteps: 0 });
    expect(made.stored.get('w-step-1')?.metadata.uid).toBe('first');
  });

  it('fails a step whose name an execution of another workflow has', async () => {
    const made = world(makeWorkflow('w').step());
    made.stored.set('w-step-1', {
      metadata: {
        name: 'w-step-1',
        namespace: 'n',
        uid: 'x',
        resourceVersion: '2',
        labels: { workflow: 'v' },
      },
    });
    await made.reconcile();
    expect(made.status().stepStatuses?.[0]).toMatchObject({
      phase: 'failed',
      message: 'Execution w-step-1 exists and belongs to workflow v',
    });
  });

  it('asks what became of an execution that no cache shows any more', async () => {
    const made = world(makeWorkflow('w').steps(2));
    await made.reconcile();
    // A new leader, whose cache does not show what it should.
    const stored = made.stored.get('w-step-1');
    made.stored.delete('w-step-1');
    expect(stored).toBeDefined();
    const fresh = new WorkflowMemory('u', () => 1);
    Object.assign(made.memory, { expectations: fresh.expectations });
    await made.reconcile();
    made.clock.advance(50);
    await made.reconcile();
    expect(made.sent('GET')).toBe(2);
    expect(made.status().stepStatuses).toMatchObject([
      { phase: 'failed', message: 'Execution w-step-1 was deleted before it had settled' },
      { phase: 'active' },
    ]);
    expect(made.sent('POST')).toBe(2);
  });

  it('asks after what it has created when the cache does not show it for long', async () => {
    const made = world(makeWorkflow('w').step());
    expect(await made.reconcile()).toEqual({ after: 30_000 });
    made.clock.advance(30_000);
    await made.reconcile();
    expect([made.sent('GET'), made.sent('POST')]).toEqual([1, 1]);
    made.stored.clear();
    made.clock.advance(30_000);
    await made.reconcile();
    expect(made.status().stepStatuses?.[0]?.phase).toBe('failed');
    expect(made.sent('POST')).toBe(1);
  });

  it('does no step twice whose execution is gone before any status had it', async () => {
    const made = world(makeWorkflow('w').step(), ({ method }) =>
      method === 'PATCH' && made.clock.now() === 0 ? refusal(409, 'Conflict') : undefined,
    );
    await made.reconcile();
    made.stored.clear();
    made.clock.advance(30_000);
    await made.reconcile();
    expect(made.status().stepStatuses?.[0]?.phase).toBe('failed');
    expect(made.sent('POST')).toBe(1);
  });

  it('says so only when creates go on failing, and throws each time, for the queue to wait', async () => {
    const made = world(makeWorkflow('w').step(), ({ method }) =>
      method === 'POST' ? refusal(500, 'InternalError') : undefined,
    );
    for (let turn = 0; turn < 5; turn += 1) await expect(made.reconcile()).rejects.toThrow('scripted 500');
    expect(made.status().conditions?.find(({ type }) => type === 'Queued')?.reason).toBe('CreateFailed');
    expect(made.sent('PATCH')).toBe(2);
  });

  it('leaves a status that somebody else has written meanwhile, and comes again', async () => {
    const made = world(makeWorkflow('w').step(), ({ method }) =>
      method === 'PATCH' ? refusal(409, 'Conflict') : undefined,
    );
    expect(await made.reconcile()).toEqual({ after: 250 });
    expect(made.events).toEqual([]);
  });

  it('fails a workflow that nothing could run', async () => {
    const made = world(makeWorkflow('w').step({ dependencies: ['9'] }));
    await made.reconcile();
    expect(made.status()).toMatchObject({
      phase: 'failed',
      message: 'The workflow cannot be run: Step 1 depends on step 9, which does not exist.',
    });
  });
});
