import { setImmediate as flush } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { makeExecution, makeGeneratedExecution } from '../../test/builders/execution-builder.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createWhenFree, type CreateWhenFreeOptions } from './create-when-free.ts';
import { SlotWaiters } from './slot-waiters.ts';

const limit = () => refusal(429, 'TooManyRequests', [{ reason: 'ParallelLimitReached' }]);
const execution = makeExecution('w-step-1').inNamespace('n').of('w').build();

/** Answers creates by a script; what it has let through is stored. Waits end as soon as they begin. */
function world(...script: (Error | 'stored' | 'lost')[]) {
  const clock = createManualClock();
  const failingReads: Error[] = [];
  const stored = new Map<string, KubernetesExecution>();
  const client = scriptKubeClient(({ method, path, body }: KubeRequest) => {
    const name = path.split('/').at(-1) ?? '';
    if (method === 'GET') {
      const failure = failingReads.pop();
      if (failure !== undefined) throw failure;
      const found = stored.get(name);
      if (found === undefined) throw refusal(404, 'NotFound');
      return found;
    }
    const sent = body as KubernetesExecution;
    const next = script.shift() ?? 'stored';
    if (next instanceof Error) throw next;
    if (stored.has(sent.metadata.name ?? '')) throw refusal(409, 'AlreadyExists');
    stored.set(sent.metadata.name ?? '', sent);
    if (next === 'lost') throw new KubeConnectionError('broken', 'lost');
    return sent;
  });
  const create = async (
    what: KubernetesExecution = execution,
    options: CreateWhenFreeOptions = {},
  ): Promise<KubernetesExecution> => {
    let done = false;
    const result = createWhenFree(client, what, { clock, random: () => 0.5, ...options }).finally(() => {
      done = true;
    });
    result.catch(() => {});
    for (let turn = 0; turn < 400 && !done; turn += 1) {
      await flush();
      if (!done) clock.advance(100);
    }
    return await result;
  };
  const creates = () => client.requests.filter(({ method }) => method === 'POST').length;
  return { client, clock, stored, create, creates, failingReads };
}

describe('createWhenFree', () => {
  it('creates at once where there is a slot', async () => {
    const { create, creates } = world();
    expect((await create()).metadata.name).toBe('w-step-1');
    expect(creates()).toBe(1);
  });

  it('waits where there is none, also when no watch can be had', async () => {
    const { create, creates, clock } = world(limit(), limit(), limit());
    await create();
    expect(creates()).toBe(4);
    expect(clock.now()).toBeGreaterThan(1_000);
  });

  it('tries again what may pass by itself', async () => {
    const { create, creates } = world(
      refusal(500, 'InternalError'),
      refusal(503, 'ServiceUnavailable'),
      refusal(429, 'TooManyRequests'),
      refusal(403, 'Forbidden', [{ reason: 'AuthorizerFailed' }]),
      new KubeConnectionError('unreachable', 'away'),
    );
    await create();
    expect(creates()).toBe(6);
  });

  it('keeps nobody asleep behind one that fails again and again', async () => {
    const clock = createManualClock();
    const first = makeExecution('first').inNamespace('n').of('w').build();
    const second = makeExecution('second').inNamespace('n').of('w').build();
    let full = true;
    const client = scriptKubeClient(({ body }: KubeRequest) => {
      if (full) throw limit();
      const sent = body as KubernetesExecution;
      if (sent.metadata.name === 'first') throw refusal(500, 'InternalError');
      return sent;
    });
    const waiters = new SlotWaiters({ client, clock, random: () => 0.5 });
    const controller = new AbortController();
    const options = { clock, random: () => 0.5, waiters, signal: controller.signal };
    const failing = createWhenFree(client, first, options).catch(() => {});
    await flush();
    let done = false;
    const waiting = createWhenFree(client, second, options).finally(() => {
      done = true;
    });
    await flush();
    full = false;
    for (let turn = 0; turn < 400 && !done; turn += 1) {
      clock.advance(100);
      await flush();
    }
    expect(done).toBe(true);
    controller.abort();
    await Promise.all([failing, waiting]);
  });

  it.each([
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
    [404, 'NotFound'],
    [409, 'AlreadyExists'],
  ])('throws a %i %s', async (code, reason) => {
    const { create, creates } = world(refusal(code, reason));
    await expect(create()).rejects.toMatchObject({ status: { code, reason } });
    expect(creates()).toBe(1);
  });

  it('knows its own again whose answer was lost', async () => {
    const { create, creates, stored } = world('lost');
    expect((await create()).metadata.name).toBe('w-step-1');
    expect([creates(), stored.size]).toEqual([2, 1]);
  });

  it('looks for its own until it is answered: it may be there, and hold a slot', async () => {
    const { create, stored, failingReads } = world('lost');
    failingReads.push(refusal(503, 'ServiceUnavailable'), refusal(429, 'TooManyRequests'));
    expect((await create()).metadata.name).toBe('w-step-1');
    expect([stored.size, failingReads.length]).toEqual([1, 0]);
  });

  it('knows its own again after it was told that there is no slot', async () => {
    const { create, stored } = world('lost', limit());
    expect((await create()).metadata.name).toBe('w-step-1');
    expect(stored.size).toBe(1);
  });

  it('does not take for its own what another has created meanwhile', async () => {
    const { create, stored } = world(new KubeConnectionError('broken', 'lost'));
    stored.set('w-step-1', execution);
    await expect(create()).rejects.toMatchObject({ status: { code: 409 } });
  });

  it('makes up names itself, and another one where it is taken', async () => {
    const { create, stored } = world('lost');
    const generated = makeGeneratedExecution('w-').inNamespace('n').of('w').build();
    const { metadata } = await create(generated);
    expect(metadata.name).toMatch(/^w-[a-z0-9]{5}$/);
    expect(metadata.generateName).toBeUndefined();
    expect(stored.size).toBe(1);
  });

  it('ends with the signal, and after the timeout', async () => {
    const limits = Array.from({ length: 50 }, limit);
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(world(...limits).create(execution, { signal: stop.signal })).rejects.toThrow('enough');
    await expect(world(...limits).create(execution, { timeout: 3_000 })).rejects.toMatchObject({
      code: 'SlotWaitTimeout',
      message: 'Execution w-step-1 got no slot within 3000 ms',
      cause: { status: { code: 429 } },
    });
  });

  it('leaves no timer behind', async () => {
    const { create, clock } = world(limit());
    await create(execution, { timeout: 60_000 });
    await flush();
    expect(clock.waiting).toBe(0);
  });

  it('asks once at a time however many wait in one line', async () => {
    const { client, clock, creates } = world(...Array.from({ length: 12 }, limit));
    const waiters = new SlotWaiters({ client, clock, random: () => 0.5 });
    const names = Array.from({ length: 20 }, (_, index) => `w-step-${index}`);
    let left = names.length;
    const all = names.map((name) =>
      createWhenFree(client, makeExecution(name).inNamespace('n').of('w').build(), {
        clock,
        random: () => 0.5,
        waiters,
      }).finally(() => {
        left -= 1;
      }),
    );
    await flush();
    // Nobody waited when they came, so all have asked; from now on the first one does.
    expect(creates()).toBe(12 + 8);
    for (let turn = 0; turn < 100 && left > 0; turn += 1) {
      await flush();
      if (left > 0) clock.advance(1_000);
    }
    await Promise.all(all);
    expect(creates()).toBe(12 + 20);
    expect(waiters.isWaitedFor('n', 'w')).toBe(false);
  });
});
