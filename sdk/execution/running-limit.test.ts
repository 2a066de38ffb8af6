import { expect, test } from 'vitest';
import { createRunningLimit } from './running-limit.ts';

const { signal } = new AbortController();

test('no more than the limit run; who came first goes first', async () => {
  const limit = createRunningLimit(2);
  const order: string[] = [];
  const [release] = await Promise.all([limit.acquire('shop', signal), limit.acquire('shop', signal)]);
  const acquire = async (name: string): Promise<() => void> => {
    const free = await limit.acquire('shop', signal);
    order.push(name);
    return free;
  };
  const third = acquire('third');
  const fourth = acquire('fourth');
  expect({ running: limit.running, waiting: limit.waiting }).toEqual({ running: 2, waiting: 2 });
  release();
  release();
  (await third)();
  await fourth;
  expect(order).toEqual(['third', 'fourth']);
  expect({ running: limit.running, waiting: limit.waiting }).toEqual({ running: 2, waiting: 0 });
});

test('who gives up waiting takes no place', async () => {
  const limit = createRunningLimit(1);
  const release = await limit.acquire('shop', signal);
  const controller = new AbortController();
  const reason = new Error('enough');
  const waiting = limit.acquire('shop', controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  release();
  expect(limit.running).toBe(0);
});

test('namespaces that wait take turns', () => {
  const limit = createRunningLimit(1);
  const begun: string[] = [];
  const releases: (() => void)[] = [];
  for (const name of ['shop/1', 'shop/2', 'shop/3', 'bank/1', 'bank/2']) {
    limit.enter(name.split('/')[0] ?? '', (release) => {
      begun.push(name);
      releases.push(release);
    });
  }
  for (let release = releases.shift(); release !== undefined; release = releases.shift()) release();
  expect(begun).toEqual(['shop/1', 'shop/2', 'bank/1', 'shop/3', 'bank/2']);
});

test('there is a place for a namespace that has none, whatever others hold', () => {
  const limit = createRunningLimit(64);
  const held = (namespace: string): number => {
    let count = 0;
    for (let index = 0; index < 1_000; index += 1) limit.enter(namespace, () => (count += 1));
    return count;
  };
  expect(held('shop')).toBe(48);
  expect(held('bank')).toBe(12);
  expect(limit.running).toBeLessThan(64);
  let begun = false;
  limit.enter('kiosk', () => (begun = true));
  expect(begun).toBe(true);
});

test('thousands that end at once do so one after the other', () => {
  const limit = createRunningLimit(1);
  let hold: (() => void) | undefined;
  limit.enter('shop', (release) => (hold = release));
  let begun = 0;
  for (let index = 0; index < 20_000; index += 1)
    limit.enter('shop', (release) => {
      begun += 1;
      release();
    });
  hold?.();
  expect(begun).toBe(20_000);
});
