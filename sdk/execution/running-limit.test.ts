import { expect, test } from 'vitest';
import { createRunningLimit } from './running-limit.ts';

const { signal } = new AbortController();

test('no more than the limit run; who came first goes first', async () => {
  const limit = createRunningLimit(2);
  const order: string[] = [];
  const [release] = await Promise.all([limit.acquire(signal), limit.acquire(signal)]);
  const acquire = async (name: string): Promise<() => void> => {
    const free = await limit.acquire(signal);
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
  const release = await limit.acquire(signal);
  const controller = new AbortController();
  const reason = new Error('enough');
  const waiting = limit.acquire(controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  release();
  expect(limit.running).toBe(0);
});
