import { expect, test } from 'vitest';
import type { KubernetesExecutionStatus } from '../../src/api/kubernetes-execution.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import type { KubeRequest } from '../../src/kube/kube-client.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { refusal, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createStatusWriter } from './status-writer.ts';
import type { StoredExecution } from './stored-execution.ts';

function stored(resourceVersion: string, status?: KubernetesExecutionStatus, uid = 'uid-1'): StoredExecution {
  return {
    metadata: { namespace: 'shop', name: 'step', uid, resourceVersion },
    ...(status && { status }),
  };
}

/** A server that holds one execution; `fault` may answer a request in its place, before or after it was done. */
function setUp(
  execution: StoredExecution,
  fault: (request: KubeRequest, puts: number) => 'before' | 'after' | undefined = () => undefined,
) {
  const server = { stored: execution };
  let puts = 0;
  const client = scriptKubeClient((request) => {
    if (request.method === 'PUT') puts += 1;
    const when = fault(request, puts);
    if (when === 'before') throw new KubeConnectionError('unreachable', 'away');
    if (request.method === 'PUT') {
      const body = request.body as StoredExecution;
      if (body.metadata.resourceVersion !== server.stored.metadata.resourceVersion)
        throw refusal(409, 'Conflict');
      server.stored = stored(String(Number(body.metadata.resourceVersion) + 1), body.status);
    }
    if (when === 'after') throw new KubeConnectionError('broken', 'lost');
    return server.stored;
  });
  const clock = createManualClock();
  const writer = createStatusWriter({
    client,
    execution,
    clock,
    random: () => 0.5,
    logger: keepLogs().logger,
  });
  return { client, clock, server, writer };
}

const { signal } = new AbortController();
const executing = { phase: 'executing', attempts: 1, executor: 'me' } as const;
const begin = (status: KubernetesExecutionStatus): KubernetesExecutionStatus => ({ ...status, ...executing });
const complete = (status: KubernetesExecutionStatus): KubernetesExecutionStatus => ({
  ...status,
  phase: 'completed',
});

test('a write names the version that it changes, and sends no parameters', async () => {
  const { client, server, writer } = setUp({ ...stored('1'), spec: { parameters: { large: 'x' } } });
  await writer.write(begin, signal);
  expect(server.stored.status).toEqual(executing);
  expect(client.requests[0]).toMatchObject({
    method: 'PUT',
    path: expect.stringMatching(/\/shop\/kubernetesexecutions\/step\/status$/),
    body: { metadata: { resourceVersion: '1', uid: 'uid-1' }, status: executing },
  });
  expect(JSON.stringify(client.requests[0])).not.toContain('large');
});

test('what others have written meanwhile is kept', async () => {
  const { server, writer } = setUp(stored('1'));
  server.stored = stored('5', { message: 'from another' });
  await writer.write(begin, signal);
  expect(server.stored.status).toEqual({ message: 'from another', ...executing });
});

test('one conflict costs no wait, more of them do', async () => {
  const { client, clock, server, writer } = setUp(stored('1'), (request) => {
    if (request.method === 'PUT') server.stored = stored(`${server.stored.metadata.resourceVersion}0`);
    return undefined;
  });
  const controller = new AbortController();
  const written = writer.write(begin, controller.signal);
  await expect.poll(() => clock.waiting).toBe(1);
  expect(client.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'PUT', 'GET']);
  controller.abort(new Error('enough'));
  await expect(written).rejects.toThrow('enough');
});

test('an API server that is away is waited for', async () => {
  const { clock, server, writer } = setUp(stored('1'), (_, puts) => (puts <= 2 ? 'before' : undefined));
  const written = writer.write(begin, signal);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(10_000);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(10_000);
  await written;
  expect(server.stored.status).toEqual(executing);
});

test.each([
  ['the begin', undefined, begin],
  ['the end', executing, complete],
])('%s whose answer was lost was written once, and is ours', async (_, status, change) => {
  const { clock, server, writer } = setUp(stored('1', status), (request, puts) =>
    request.method === 'PUT' && puts === 1 ? 'after' : undefined,
  );
  const written = writer.write(change, signal);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(10_000);
  await written;
  expect(server.stored.status).toEqual(change(status ?? {}));
});

test.each([
  ['settled', { phase: 'failed' }],
  ['taken over', { phase: 'executing', attempts: 2, executor: 'other' }],
  ['taken over for the same attempt', { phase: 'executing', attempts: 1, executor: 'other' }],
] as const)('what another has %s is left alone', async (_, status) => {
  const { server, writer } = setUp(stored('1', executing));
  server.stored = stored('5', status);
  await expect(writer.write(complete, signal)).rejects.toThrow(
    expect.objectContaining({ reason: 'not-ours' }),
  );
  expect(server.stored.status).toEqual(status);
});

test('one that was made anew is another', async () => {
  const { server, writer } = setUp(stored('1'));
  server.stored = stored('5', undefined, 'uid-2');
  await expect(writer.write(begin, signal)).rejects.toThrow(expect.objectContaining({ reason: 'gone' }));
});

test.each([
  [404, 'NotFound', 'gone'],
  [422, 'Invalid', 'refused'],
  [413, 'RequestEntityTooLarge', 'refused'],
])('a %i is final', async (code, reason, failure) => {
  const client = scriptKubeClient(() => {
    throw refusal(code, reason);
  });
  const { logger } = keepLogs();
  const clock = createManualClock();
  const writer = createStatusWriter({ client, execution: stored('1'), clock, random: () => 0.5, logger });
  await expect(writer.write(begin, signal)).rejects.toThrow(expect.objectContaining({ reason: failure }));
  expect(client.requests).toHaveLength(1);
});

test('once its signal is aborted a write is tried once', async () => {
  const { client, writer } = setUp(stored('1'), () => 'before');
  await expect(writer.write(begin, AbortSignal.abort())).rejects.toThrow('away');
  expect(client.requests).toHaveLength(1);
});

test('writes are made one after the other', async () => {
  const { server, writer } = setUp(stored('1'));
  await Promise.all([
    writer.write(begin, signal),
    writer.write((status) => ({ ...status, result: 1 }), signal),
    writer.write(complete, signal),
  ]);
  expect(server.stored.status).toEqual({ ...executing, phase: 'completed', result: 1 });
});
