import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createWorkQueue, type WorkQueue, type WorkQueueMetrics } from './work-queue.ts';

let clock: ManualClock;
let queue: WorkQueue;

/** A queue whose waits have no chance in them. */
const newQueue = (metrics?: WorkQueueMetrics): WorkQueue =>
  createWorkQueue({ clock, random: () => 1, ...(metrics === undefined ? {} : { metrics }) });

beforeEach(() => {
  clock = createManualClock();
  queue = newQueue();
});

/** The keys that can be taken now, in their order; they stay taken. */
async function takeAll(): Promise<string[]> {
  const keys: string[] = [];
  while (queue.state.depth > 0) keys.push((await queue.take()) ?? '');
  return keys;
}

describe('a work queue', () => {
  it('has a key once, however often it is added', async () => {
    for (const key of ['a', 'b', 'a', 'b', 'a']) queue.add(key);
    expect(await takeAll()).toEqual(['a', 'b']);
  });

  it('gives no key away twice at once, and gives it again when it was added meanwhile', async () => {
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.add('a');
    queue.add('a');
    const next = queue.take();
    queue.add('b');
    expect(await next).toBe('b');
    queue.done('a');
    expect(await takeAll()).toEqual(['a']);
    queue.done('a');
    expect(queue.state.depth).toBe(0);
  });

  it('hands a key to who waits longest for one', async () => {
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  });

  it('leaves a key to the others when a wait for one is given up', async () => {
    const controller = new AbortController();
    const impatient = queue.take(controller.signal);
    const patient = queue.take();
    controller.abort(new Error('enough'));
    queue.add('a');
    await expect(impatient).rejects.toThrow('enough');
    expect(await patient).toBe('a');
    await expect(queue.take(controller.signal)).rejects.toThrow('enough');
  });

  it('ignores that a key is done which nobody has', async () => {
    queue.done('a');
    queue.add('a');
    queue.done('a');
    expect(await takeAll()).toEqual(['a']);
  });
});

describe('the order of a work queue', () => {
  it('is by priority, then by who came first', async () => {
    queue.add('low', { priority: -1 });
    queue.add('first');
    queue.add('high', { priority: 10 });
    queue.add('second');
    queue.add('high too', { priority: 10 });
    expect(await takeAll()).toEqual(['high', 'high too', 'first', 'second', 'low']);
  });

  it('moves a key up, in front of later ones, and never down', async () => {
    queue.add('a');
    queue.add('b');
    queue.add('c', { priority: 5 });
    queue.add('b', { priority: 5 });
    queue.add('b', { priority: -5 });
    expect(await takeAll()).toEqual(['b', 'c', 'a']);
  });

  it('forgets a priority once the key is taken', async () => {
    queue.add('a', { priority: 5 });
    expect(await queue.take()).toBe('a');
    queue.done('a');
    queue.add('b');
    queue.add('a');
    expect(await takeAll()).toEqual(['b', 'a']);
  });

  it('keeps a priority that comes while the key is worked on', async () => {
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.add('b');
    queue.add('a', { priority: 1 });
    queue.done('a');
    expect(await takeAll()).toEqual(['a', 'b']);
  });
});

describe('a delay', () => {
  it('holds a key back until it is over', async () => {
    queue.addAfter('late', 20);
    queue.addAfter('early', 10);
    expect(queue.state.depth).toBe(0);
    clock.advance(9);
    expect(queue.state.depth).toBe(0);
    clock.advance(1);
    expect(await takeAll()).toEqual(['early']);
    clock.advance(10);
    expect(await takeAll()).toEqual(['late']);
  });

  it('wakes who waits', async () => {
    const taken = queue.take();
    queue.addAfter('a', 10);
    clock.advance(10);
    expect(await taken).toBe('a');
  });

  it('is the earliest of several', async () => {
    queue.addAfter('a', 20);
    queue.addAfter('a', 10);
    queue.addAfter('a', 30);
    clock.advance(10);
    expect(await takeAll()).toEqual(['a']);
    queue.done('a');
    clock.advance(100);
    expect(queue.state.depth).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('is void when the key is taken before', async () => {
    queue.addAfter('a', 10);
    queue.add('a');
    expect(await takeAll()).toEqual(['a']);
    queue.done('a');
    clock.advance(10);
    expect(queue.state.depth).toBe(0);
  });

  it('that ends while the key is worked on leads to another turn', async () => {
    queue.add('a');
    expect(await takeAll()).toEqual(['a']);
    queue.addAfter('a', 10);
    clock.advance(10);
    expect(queue.state.depth).toBe(0);
    queue.done('a');
    expect(await takeAll()).toEqual(['a']);
  });

  it('puts a key behind those that were ready before', async () => {
    queue.addAfter('delayed', 10);
    clock.advance(5);
    queue.add('ready');
    clock.advance(5);
    expect(await takeAll()).toEqual(['ready', 'delayed']);
  });

  it('may be longer than a timer of Node, negative, or no number', async () => {
    queue.addAfter('a', -5);
    queue.addAfter('c', Number.NaN);
    queue.addAfter('b', 3_000_000_000);
    expect(await takeAll()).toEqual(['a', 'c']);
    clock.advance(2_999_999_999);
    expect(queue.state.depth).toBe(0);
    clock.advance(1);
    expect(await takeAll()).toEqual(['b']);
  });
});

describe('retries', () => {
  it('come later and later, up to a minute, each key for itself', () => {
    const waits: number[] = [];
    for (let retry = 0; retry < 16; retry += 1) {
      queue.addRateLimited('a');
      const before = clock.now();
      while (queue.state.depth === 0) clock.advance(5);
      waits.push(clock.now() - before);
      void queue.take();
      queue.done('a');
    }
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(waits.slice(-2)).toEqual([60_000, 60_000]);
    expect(queue.retries('a')).toBe(16);
    queue.addRateLimited('b');
    clock.advance(5);
    expect(queue.state.depth).toBe(1);
  });

  it('start anew once the key is forgotten', async () => {
    for (let retry = 0; retry < 5; retry += 1) queue.addRateLimited('a');
    clock.advance(5);
    expect(await takeAll()).toEqual(['a']);
    queue.forget('a');
    expect(queue.retries('a')).toBe(0);
    queue.done('a');
    queue.addRateLimited('a');
    clock.advance(5);
    expect(await takeAll()).toEqual(['a']);
  });

  it('spread by chance', () => {
    let chance = 0;
    queue = createWorkQueue({ clock, random: () => chance });
    queue.addRateLimited('short');
    chance = 1;
    queue.addRateLimited('long');
    clock.advance(2.5);
    expect(queue.state.depth).toBe(1);
    clock.advance(2.5);
    expect(queue.state.depth).toBe(2);
  });
});

describe('shutting down', () => {
  it('takes nothing in, gives nothing out, and ends when what was taken is done', async () => {
    queue.add('taken');
    queue.add('waiting');
    queue.addAfter('delayed', 10);
    expect(await queue.take()).toBe('taken');
    let drained = false;
    const draining = (async () => {
      await queue.shutDown();
      drained = true;
    })();
    queue.add('new');
    queue.addRateLimited('failed');
    expect(await queue.take()).toBeUndefined();
    expect(clock.waiting).toBe(0);
    expect(drained).toBe(false);
    queue.done('taken');
    await draining;
    expect(queue.state.depth).toBe(0);
  });

  it('lets go who waits', async () => {
    const waiting = queue.take();
    await queue.shutDown();
    expect(await waiting).toBeUndefined();
  });
});

it('a queue tells what it does, in seconds', async () => {
  const told: string[] = [];
  queue = newQueue({
    added: () => told.push('added'),
    retried: () => told.push('retried'),
    taken: (seconds) => told.push(`taken ${seconds}`),
    done: (seconds) => told.push(`done ${seconds}`),
  });
  queue.add('a');
  queue.add('a');
  clock.advance(1500);
  await queue.take();
  clock.advance(500);
  expect([...queue.state.takenAt]).toEqual([1500]);
  queue.done('a');
  queue.addRateLimited('a');
  clock.advance(5);
  expect(told).toEqual(['added', 'taken 1.5', 'done 0.5', 'retried', 'added']);
});

it('loses no key and gives none away twice at once, whatever happens in whichever order', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    fc.record({ add: key, priority: fc.integer({ min: -2, max: 2 }) }),
    fc.record({ after: key, milliseconds: fc.nat(50) }),
    fc.record({ retry: key }),
    fc.record({ done: key }),
    fc.record({ advance: fc.nat(30) }),
    fc.constant('take' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      clock = createManualClock();
      queue = newQueue();
      const taken = new Set<string>();
      const wanted = new Set<string>();
      const take = async (): Promise<void> => {
        if (queue.state.depth === 0) return;
        const next = (await queue.take()) ?? '';
        expect(taken.has(next)).toBe(false);
        expect(wanted.delete(next)).toBe(true);
        taken.add(next);
      };
      for (const each of steps) {
        if (each === 'take') await take();
        else if ('add' in each) {
          queue.add(each.add, each);
          wanted.add(each.add);
        } else if ('after' in each) {
          queue.addAfter(each.after, each.milliseconds);
          wanted.add(each.after);
        } else if ('retry' in each) {
          queue.addRateLimited(each.retry);
          wanted.add(each.retry);
        } else if ('done' in each) {
          queue.done(each.done);
          taken.delete(each.done);
        } else clock.advance(each.advance);
      }
      clock.advance(3_600_000);
      for (const each of taken) queue.done(each);
      taken.clear();
      while (queue.state.depth > 0) await take();
      expect([...wanted]).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
