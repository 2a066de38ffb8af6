import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { type ScriptedKubeClient, scriptKubeClient } from '../../test/builders/scripted-kube-client.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createRateLimitedClient, type RateLimitedClient } from './rate-limited-client.ts';

let clock: ManualClock;
let server: ScriptedKubeClient;
let client: RateLimitedClient;
let waits: number[];

beforeEach(() => {
  clock = createManualClock();
  server = scriptKubeClient(({ path }) => ({ path }));
  waits = [];
  client = createRateLimitedClient({
    client: server,
    clock,
    perSecond: 4,
    burst: 2,
    waited: (seconds) => waits.push(seconds),
  });
});

const get = (path: string, signal?: AbortSignal): Promise<unknown> =>
  client.request({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
const sent = async (): Promise<string[]> => {
  await setImmediate();
  return server.requests.map(({ path }) => path);
};

it('sends a burst at once, then at its rate, in the order of coming', async () => {
  const answers = ['a', 'b', 'c', 'd'].map((path) => get(path));
  expect(await sent()).toEqual(['a', 'b']);
  clock.advance(249);
  expect(await sent()).toEqual(['a', 'b']);
  clock.advance(1);
  expect(await sent()).toEqual(['a', 'b', 'c']);
  clock.advance(250);
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd'].map((path) => ({ path })));
  expect(waits).toEqual([0, 0, 0.25, 0.5]);
});

it('never sends more than its rate after the burst, however many wait', async () => {
  const all = Promise.all(Array.from({ length: 100 }, (_, index) => get(String(index))));
  for (let second = 1; second <= 24; second += 1) {
    clock.advance(1000);
    expect((await sent()).length).toBe(2 + 4 * second);
  }
  clock.advance(1000);
  await all;
});

it('lets nobody who comes later go first', async () => {
  client = createRateLimitedClient({ client: server, clock, perSecond: 3, burst: 1 });
  void get('a');
  void get('b');
  // There is a token, and the timer has not fired: it waits for whole milliseconds.
  clock.advance(333.5);
  void get('c');
  clock.advance(1);
  expect(await sent()).toEqual(['a', 'b']);
});

it('counts a stream as a request', async () => {
  await expect(client.stream({ method: 'GET', path: 'watch' })).rejects.toThrow('no streams');
  await get('a');
  void get('b');
  expect(await sent()).toEqual(['a']);
  clock.advance(250);
  expect(await sent()).toEqual(['a', 'b']);
});

it('forgets a request that is given up while it waits, and wastes no turn on it', async () => {
  await get('a');
  await get('b');
  const controller = new AbortController();
  const given = get('given up', controller.signal);
  const last = get('c');
  controller.abort(new Error('enough'));
  await expect(given).rejects.toMatchObject({ reason: 'aborted', cause: new Error('enough') });
  await expect(get('late', controller.signal)).rejects.toMatchObject({ reason: 'aborted' });
  clock.advance(250);
  await last;
  expect(await sent()).toEqual(['a', 'b', 'c']);
  expect(client.waiting).toBe(0);
});

it('takes on another rate at once, for who waits already', async () => {
  const answers = ['a', 'b', 'c', 'd'].map((path) => get(path));
  client.changeRate(1000, 10);
  clock.advance(2);
  await Promise.all(answers);
  clock.advance(1000);
  client.changeRate(1, 1);
  await get('e');
  void get('f');
  clock.advance(999);
  expect(await sent()).not.toContain('f');
  clock.advance(1);
  expect(await sent()).toContain('f');
});

it('lets go who waits when it is closed', async () => {
  await get('a');
  await get('b');
  const waiting = get('c');
  client.close();
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  await expect(get('d')).rejects.toMatchObject({ reason: 'closed' });
  expect(clock.waiting).toBe(0);
});
