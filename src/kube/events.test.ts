import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventFacts } from './event-object.ts';
import { createEventRecorder, type EventRecorder, type EventRecorderOptions } from './events.ts';
import type { KubeClient, KubeRequest } from './kube-client.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

const refusal = (code: number, reason: string): KubeStatusError =>
  new KubeStatusError({ code, reason, message: '' });
const about = (name: string, note = 'It happened.'): EventFacts => ({
  regarding: { apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'n', uid: `uid-${name}` },
  type: 'Warning',
  reason: 'Happened',
  action: 'Observe',
  note,
});

let clock: ManualClock;
let requests: KubeRequest[];
/** What the next requests throw; when it is empty they succeed. */
let failures: Error[];
let hold: Promise<void> | undefined;

const client = {
  request: async (request: KubeRequest) => {
    requests.push(request);
    await hold;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return {};
  },
} as unknown as KubeClient;

function recorderOf(options: Partial<EventRecorderOptions> = {}): EventRecorder {
  return createEventRecorder({
    client,
    reporter: { controller: 'stepgate.kubernaut.io/webhook', instance: 'pod-1' },
    clock,
    date: () => new Date(clock.now()),
    random: () => 0,
    ...options,
  });
}

const sent = (): readonly string[] =>
  requests.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  clock = createManualClock(1_700_000_000_000);
  requests = [];
  failures = [];
  hold = undefined;
});

describe('an event recorder', () => {
  it('writes one Event', async () => {
    const recorder = recorderOf();
    recorder.record(about('a'));
    await recorder.idle();
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/apis/events.k8s.io/v1/namespaces/n/events',
        body: { note: 'It happened.', reportingInstance: 'pod-1', regarding: { name: 'a' } },
      },
    ]);
  });

  it('counts what recurs, and writes the count now and then', async () => {
    const recorder = recorderOf({ seriesMilliseconds: 1000 });
    recorder.record(about('a'));
    await recorder.idle();
    for (let time = 0; time < 5; time += 1) recorder.record(about('a', `time ${time}`));
    await settle();
    expect(requests).toHaveLength(1);
    clock.advance(1000);
    await recorder.idle();
    expect(requests[1]).toMatchObject({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { series: { count: 6 } },
    });
    clock.advance(10_000);
    await recorder.idle();
    expect(requests).toHaveLength(2);
    recorder.record(about('a'));
    clock.advance(1000);
    await recorder.idle();
    expect(requests[2]?.body).toMatchObject({ series: { count: 7 } });
  });

  it('does not forget what recurred while it was being written', async () => {
    const held = Promise.withResolvers<void>();
    hold = held.promise;
    const recorder = recorderOf({ seriesMilliseconds: 1000 });
    recorder.record(about('a'));
    recorder.record(about('a'));
    held.resolve();
    await recorder.idle();
    clock.advance(1000);
    await recorder.idle();
    expect(requests[1]?.body).toMatchObject({ series: { count: 2 } });
  });

  it('begins a new Event when the old one has expired', async () => {
    const recorder = recorderOf({ seriesMilliseconds: 1000 });
    recorder.record(about('a'));
    await recorder.idle();
    recorder.record(about('a'));
    failures = [refusal(404, 'NotFound')];
    clock.advance(1000);
    await recorder.idle();
    expect(sent().slice(1)).toEqual([expect.stringMatching(/^PATCH a\./), 'POST events']);
    expect(recorder.dropped).toBe(0);
  });

  it('tries again what may pass', async () => {
    failures = [refusal(503, 'ServiceUnavailable'), new KubeConnectionError('broken', '')];
    const recorder = recorderOf();
    recorder.record(about('a'));
    await settle();
    clock.advance(1000);
    await settle();
    clock.advance(2000);
    await recorder.idle();
    expect(requests).toHaveLength(3);
    expect(recorder.dropped).toBe(0);
  });

  it('knows the Event again whose answer was lost', async () => {
    failures = [new KubeConnectionError('broken', ''), refusal(409, 'AlreadyExists')];
    const recorder = recorderOf();
    recorder.record(about('a'));
    await settle();
    clock.advance(1000);
    await recorder.idle();
    expect(recorder.dropped).toBe(0);
  });

  it('drops what is refused, and goes on', async () => {
    failures = [refusal(403, 'Forbidden')];
    const recorder = recorderOf();
    recorder.record(about('a'));
    recorder.record(about('b'));
    await recorder.idle();
    expect(requests).toHaveLength(2);
    expect(recorder.dropped).toBe(1);
  });

  it('drops what finds its queue full', async () => {
    const held = Promise.withResolvers<void>();
    hold = held.promise;
    const recorder = recorderOf({ maxQueue: 2 });
    for (const name of ['a', 'b', 'c', 'd']) recorder.record(about(name));
    expect(recorder.dropped).toBe(2);
    held.resolve();
    await recorder.idle();
    expect(requests).toHaveLength(2);
  });

  it('writes no more than its rate', async () => {
    const recorder = recorderOf({ burst: 2, perSecond: 1 });
    for (const name of ['a', 'b', 'c', 'd']) recorder.record(about(name));
    await settle();
    expect(requests).toHaveLength(2);
    clock.advance(1000);
    await settle();
    expect(requests).toHaveLength(3);
    clock.advance(1000);
    await recorder.idle();
    expect(requests).toHaveLength(4);
  });

  it('forgets the series that was not seen for longest', async () => {
    const recorder = recorderOf({ maxSeries: 2 });
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) {
      recorder.record(about(name));
      await recorder.idle();
    }
    expect(requests.map(({ body }) => (body as { regarding: { name: string } }).regarding.name)).toEqual([
      'a',
      'b',
      'c',
      'b',
    ]);
  });

  it('never throws', async () => {
    const debug = vi.fn<() => void>();
    const logger = { debug, info: debug, warn: debug, error: debug };
    const recorder = recorderOf({
      logger,
      date: () => {
        throw new Error('a bug');
      },
    });
    recorder.record(about('a'));
    recorder.record(undefined as unknown as EventFacts);
    expect(recorder.dropped).toBe(2);
    await recorder.idle();
  });

  it('ends at once when it is stopped', async () => {
    failures = [refusal(503, 'ServiceUnavailable')];
    const recorder = recorderOf();
    recorder.record(about('a'));
    recorder.record(about('b'));
    await settle();
    await recorder.stop();
    recorder.record(about('c'));
    expect(requests).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it('writes no count after it was stopped', async () => {
    const recorder = recorderOf();
    recorder.record(about('a'));
    await recorder.idle();
    recorder.record(about('a'));
    await recorder.stop();
    expect(clock.waiting).toBe(0);
  });
});
