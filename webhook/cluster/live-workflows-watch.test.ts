import { afterEach, expect, it, vi } from 'vitest';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { watchLiveWorkflows, type LiveWorkflows } from './live-workflows.ts';

/** An API server that answers a watch, and whose stream the test feeds and breaks. */
function watchedServer(stored?: object) {
  const channel = new TransformStream<Uint8Array, Uint8Array>();
  const writer = channel.writable.getWriter();
  writer.closed.catch(() => {});
  let streams = 0;
  const client: KubeClient = {
    request: async <Answer>() => {
      if (stored === undefined) throw new Error('the watch shows it: nothing is read');
      return stored as Answer;
    },
    async stream() {
      streams += 1;
      if (streams > 1) throw new KubeConnectionError('unreachable', '');
      return channel.readable as AsyncIterable<Uint8Array>;
    },
    close() {},
  };
  return {
    client,
    show: (
      type: string,
      name: string,
      resourceVersion: string,
      annotations = {},
      deletionTimestamp?: string,
    ): Promise<void> => {
      const metadata = {
        namespace: 'shop',
        name,
        uid: name,
        resourceVersion,
        annotations,
        deletionTimestamp,
      };
      return writer.write(new TextEncoder().encode(`${JSON.stringify({ type, object: { metadata } })}\n`));
    },
    breakOff: () => writer.abort(new KubeConnectionError('broken', '')),
  };
}

let workflows: LiveWorkflows | undefined;
afterEach(() => workflows?.reflector.stop());

it('a workflow is as the watch has shown it, up to where it has, and vouched for only while the watch is there', async () => {
  const server = watchedServer();
  const live = watchLiveWorkflows({ client: server.client, clock: createManualClock() }, async () => 'here');
  workflows = live;
  const seenAt = async (): Promise<string | undefined> => (await live.factsOf('shop', 'small')).seenAt;
  await server.show('ADDED', 'small', '5');
  await server.show('BOOKMARK', '', '7', { 'k8s.io/initial-events-end': 'true' });
  await vi.waitFor(() => expect(live.reflector.connected).toBe(true), { interval: 1, timeout: 30_000 });
  expect(await seenAt()).toBe('7');
  expect(live.shownRevision('shop', 'small', 'small')).toBe('5');
  expect(live.shownRevision('shop', 'small', 'an earlier one')).toBeUndefined();
  await server.show('MODIFIED', 'other', '9');
  await vi.waitFor(async () => expect(await seenAt()).toBe('9'), { interval: 1, timeout: 30_000 });
  await server.breakOff();
  await vi.waitFor(() => expect(live.reflector.connected).toBe(false), { interval: 1, timeout: 30_000 });
  expect(await seenAt()).toBe('0');
  expect(live.shownRevision('shop', 'small', 'small')).toBeUndefined();
});

it('a workflow that was being deleted when the watch last showed it is read: another may have its name', async () => {
  const another = { metadata: { namespace: 'shop', name: 'small', uid: 'another', resourceVersion: '9' } };
  const server = watchedServer(another);
  const live = watchLiveWorkflows({ client: server.client, clock: createManualClock() }, async () => 'here');
  workflows = live;
  await server.show('ADDED', 'small', '5', {}, '2030-01-01T00:00:00Z');
  await server.show('BOOKMARK', '', '7', { 'k8s.io/initial-events-end': 'true' });
  await vi.waitFor(() => expect(live.reflector.connected).toBe(true), { interval: 1, timeout: 30_000 });
  expect(await live.factsOf('shop', 'small')).toMatchObject({ state: 'live', seenAt: undefined });
  await server.breakOff();
});
