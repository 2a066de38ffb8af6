import { expect, test } from 'vitest';
import { createActionPlaces } from './action-places.ts';
import { holdPlace } from './held-place.ts';

const { signal } = new AbortController();

async function held() {
  const places = createActionPlaces(1);
  const place = await places.running.acquire('shop', signal);
  return { places, attempt: holdPlace({ places, namespace: 'shop', place }) };
}

test('who waits gives its place to another, and has one again when it goes on', async () => {
  const { places, attempt } = await held();
  const event = Promise.withResolvers<string>();
  const waited = attempt.whileWaiting(() => event.promise, signal);
  const other = await places.running.acquire('shop', signal);
  event.resolve('done');
  expect(await Promise.race([waited, Promise.resolve('not yet')])).toBe('not yet');
  other();
  expect(await waited).toBe('done');
  expect([places.running.running, places.waiting.running]).toEqual([1, 0]);
  attempt.release();
  expect(places.running.running).toBe(0);
});

test('who waits for several things goes on with one place', async () => {
  const { places, attempt } = await held();
  const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const both = Promise.all([one, two].map(({ promise }) => attempt.whileWaiting(() => promise, signal)));
  one.resolve();
  two.resolve();
  await both;
  attempt.release();
  expect([places.running.running, places.waiting.running]).toEqual([0, 0]);
});

test('where as many wait as may, the place is kept', async () => {
  const { places, attempt } = await held();
  while (places.waiting.tryEnter('shop') !== undefined);
  const event = Promise.withResolvers<void>();
  const waited = attempt.whileWaiting(() => event.promise, signal);
  expect(places.running.running).toBe(1);
  event.resolve();
  await waited;
  expect(places.running.running).toBe(1);
});

test('what a wait throws when the attempt is over is thrown as it is, and no place is held', async () => {
  const { places, attempt } = await held();
  const over = new AbortController();
  const event = Promise.withResolvers<void>();
  const waited = attempt.whileWaiting(() => event.promise, over.signal);
  over.abort(new Error('over'));
  event.reject(new Error('a budget is in the way'));
  await expect(waited).rejects.toThrow('a budget is in the way');
  attempt.release();
  expect([places.running.running, places.waiting.running]).toEqual([0, 0]);
});
