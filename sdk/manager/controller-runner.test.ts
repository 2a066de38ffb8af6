import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepLogs } from '../../test/builders/logs.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { createManualClock, type ManualClock } from '../../src/kube/manual-clock.ts';
import { createStore, type Store } from '../../src/kube/store.ts';
import { createWorkQueue, type WorkQueue } from '../../src/kube/work-queue.ts';
import { createControllerMetrics } from '../../src/observability/controller-metrics.ts';
import { createMetricsRegistry } from '../../src/observability/metrics-registry.ts';
import type { ControllerSetup, Source } from '../controller/controller.ts';
import { ownKey } from '../controller/owner-keys.ts';
import { type ControllerRunner, createControllerRunner } from './controller-runner.ts';

let clock: ManualClock;
let queue: WorkQueue;
let store: Store<KubeObject>;
let logs: ReturnType<typeof keepLogs>;
let reconciled: string[];

beforeEach(() => {
  clock = createManualClock();
  queue = createWorkQueue({ clock, random: () => 1 });
  store = createStore();
  logs = keepLogs();
  reconciled = [];
});

function runner(setup: Partial<ControllerSetup> = {}, source: Partial<Source> = {}): ControllerRunner {
  return createControllerRunner({
    name: 'c',
    setup: {
      sources: [{ store, keysOf: ownKey, ...source }],
      reconcile: async (key) => {
        reconciled.push(key);
        return undefined;
      },
      ...setup,
    },
    queue,
    metrics: createControllerMetrics(createMetricsRegistry()),
    logger: logs.logger,
    clock,
    random: () => 1,
  });
}

const thing = (name: string, resourceVersion = '1'): KubeObject => ({
  metadata: { name, namespace: 'n', uid: `uid-${name}`, resourceVersion },
});

async function advance(milliseconds: number): Promise<void> {
  await setImmediate();
  clock.advance(milliseconds);
  await setImmediate();
}

const times = { drainMilliseconds: 100, abortMilliseconds: 10, stopMilliseconds: 10 };

describe('a controller that begins to lead', () => {
  it('reconciles all there is, and then what changes, comes and goes', async () => {
    store.replaced([thing('a'), thing('b')], '1');
    await runner().lead();
    await setImmediate();
    expect(reconciled).toEqual(['n/a', 'n/b']);
    store.modified(thing('b', '2'));
    store.added(thing('c'));
    store.deleted(thing('a', '3'));
    await setImmediate();
    expect(reconciled.slice(2)).toEqual(['n/b', 'n/c', 'n/a']);
  });

  it('has started first, however often that fails', async () => {
    store.replaced([thing('a')], '1');
    let starts = 0;
    const leading = runner({
      started: async () => {
        starts += 1;
        if (starts < 3) throw new Error('not yet');
      },
    }).lead();
    await advance(100);
    expect([starts, reconciled]).toEqual([2, []]);
    await advance(200);
    await leading;
    await setImmediate();
    expect([starts, reconciled]).toEqual([3, ['n/a']]);
  });

  it('reconciles those with a higher priority first', async () => {
    store.replaced([thing('a'), thing('b'), thing('z')], '1');
    const urgent: Source = {
      store,
      keysOf: ({ metadata: { name } }) => (name === 'z' ? ['n/z'] : []),
      priority: 1,
    };
    await runner({ sources: [{ store, keysOf: ownKey }, urgent], concurrency: 1 }).lead();
    await setImmediate();
    expect(reconciled).toEqual(['n/z', 'n/a', 'n/b']);
  });

  it('leaves alone what no predicate lets through', async () => {
    store.replaced([thing('a')], '1');
    await runner(
      {},
      { predicate: ({ before, after }) => before !== undefined && after !== undefined },
    ).lead();
    store.modified(thing('a', '2'));
    store.added(thing('b'));
    store.deleted(thing('a', '3'));
    await setImmediate();
    expect(reconciled).toEqual(['n/a']);
  });
});

describe('a reconcile', () => {
  it('comes back when it asks to', async () => {
    await runner({
      reconcile: async (key) => {
        reconciled.push(key);
        return reconciled.length === 1 ? { after: 1000 } : undefined;
      },
    }).lead();
    store.added(thing('a'));
    await advance(999);
    expect(reconciled).toHaveLength(1);
    await advance(1);
    expect(reconciled).toHaveLength(2);
    await advance(100_000);
    expect(reconciled).toHaveLength(2);
  });

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('a bug'))],
    ['throws', () => expect.fail('a bug')],
    ['asks for no time', () => Promise.resolve({ after: Number.NaN })],
    ['asks for the past', () => Promise.resolve({ after: -1 })],
  ])('that %s comes back later and later', async (_, fail) => {
    await runner({
      reconcile: async (key) => {
        reconciled.push(key);
        return (await fail()) as undefined;
      },
    }).lead();
    store.added(thing('a'));
    await setImmediate();
    for (const [wait, count] of [
      [4, 1],
      [1, 2],
      [9, 2],
      [1, 3],
    ] as const) {
      await advance(wait);
      expect(reconciled).toHaveLength(count);
    }
    expect(logs.messages('error')).toContain('A reconcile failed; it will be tried again');
  });

  it('is one of so many at a time, and one for a key', async () => {
    const open: PromiseWithResolvers<undefined>[] = [];
    await runner({
      concurrency: 2,
      reconcile: (key) => {
        reconciled.push(key);
        const end = Promise.withResolvers<undefined>();
        open.push(end);
        return end.promise;
      },
    }).lead();
    for (const name of ['a', 'b', 'c']) store.added(thing(name));
    store.modified(thing('a', '2'));
    await setImmediate();
    expect(reconciled).toEqual(['n/a', 'n/b']);
    open[1]?.resolve(undefined);
    await setImmediate();
    expect(reconciled).toEqual(['n/a', 'n/b', 'n/c']);
    open[0]?.resolve(undefined);
    await setImmediate();
    expect(reconciled).toEqual(['n/a', 'n/b', 'n/c', 'n/a']);
  });
});

describe('a controller that ends', () => {
  it('lets reconciles end, stops, and only then says that its time is over', async () => {
    const order: string[] = [];
    const end = Promise.withResolvers<undefined>();
    const under = runner({
      started: async (signal) => signal.addEventListener('abort', () => order.push('over')),
      reconcile: async (_, signal) => {
        await end.promise;
        order.push(signal.aborted ? 'aborted' : 'reconciled');
        return undefined;
      },
      stop: async () => void order.push('stopped'),
    });
    await under.lead();
    store.added(thing('a'));
    await setImmediate();
    const stopped = under.stop(times);
    store.added(thing('late'));
    await advance(99);
    end.resolve(undefined);
    await stopped;
    expect(order).toEqual(['reconciled', 'stopped', 'over']);
  });

  it('aborts what has not ended in time, and leaves what does not obey', async () => {
    let aborted = false;
    const under = runner({
      reconcile: (_, signal) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => {});
      },
      stop: () => new Promise(() => {}),
    });
    await under.lead();
    store.added(thing('a'));
    await setImmediate();
    const stopped = under.stop(times);
    await advance(99);
    expect(aborted).toBe(false);
    for (const wait of [1, 10, 10]) await advance(wait);
    await stopped;
    expect(aborted).toBe(true);
    expect(logs.messages('error')).toEqual([
      'Reconciles do not obey their signal; they are left',
      'A controller could not be stopped',
    ]);
  });

  it('ends while it starts', async () => {
    const under = runner({
      started: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const leading = under.lead();
    await under.stop(times);
    await leading;
    expect(logs.messages('error')).toEqual([]);
  });

  it('because it leads no more aborts everything at once', async () => {
    const reasons: unknown[] = [];
    const note = (signal: AbortSignal): void =>
      signal.addEventListener('abort', () => reasons.push(signal.reason));
    const under = runner({
      started: async (signal) => note(signal),
      reconcile: async (_, signal) => {
        note(signal);
        return new Promise(() => {});
      },
    });
    await under.lead();
    store.added(thing('a'));
    await setImmediate();
    under.abort('lost');
    store.added(thing('b'));
    expect(reasons).toEqual(['lost', 'lost']);
    expect(await queue.take()).toBeUndefined();
  });
});
