import { expect, test, vi } from 'vitest';
import { createManualClock } from '../../src/kube/manual-clock.ts';
import { runAttempt } from './attempt.ts';

function setUp() {
  const clock = createManualClock();
  const controller = new AbortController();
  return { clock, controller, options: { clock, graceMilliseconds: 100, signal: controller.signal } };
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
const forEver = (): Promise<never> => new Promise(() => {});

test('what it returns and what it throws come back', async () => {
  const { options } = setUp();
  expect(await runAttempt(async () => 7, options)).toEqual({ outcome: 'returned', value: 7 });
  const throwing = () => {
    throw undefined;
  };
  expect(await runAttempt(throwing, options)).toEqual({ outcome: 'threw', error: undefined });
});

test('its time is up, and it stops', async () => {
  const { clock, options } = setUp();
  const ended = runAttempt(untilAborted, { ...options, timeoutMilliseconds: 1_000 });
  clock.advance(1_000);
  expect(await ended).toEqual({ outcome: 'timed-out' });
  expect(clock.waiting).toBe(0);
});

test('what it says of its state when its time is up is kept', async () => {
  const { clock, options } = setUp();
  const error = new Error('pod web-0 was in the way');
  const ended = runAttempt((signal) => untilAborted(signal).catch(() => Promise.reject(error)), {
    ...options,
    timeoutMilliseconds: 1_000,
  });
  clock.advance(1_000);
  expect(await ended).toEqual({ outcome: 'timed-out', error });
});

test('a value that comes back after its time is no success', async () => {
  const { clock, options } = setUp();
  const ended = runAttempt((signal) => untilAborted(signal).catch(() => 'done?'), {
    ...options,
    timeoutMilliseconds: 1_000,
  });
  clock.advance(1_000);
  expect(await ended).toEqual({ outcome: 'timed-out' });
});

test('one that does not stop is given up after the grace', async () => {
  const { clock, options } = setUp();
  const ended = runAttempt(forEver, { ...options, timeoutMilliseconds: 1_000 });
  clock.advance(1_099);
  const watched = vi.fn<(outcome: unknown) => void>();
  void ended.then(watched);
  await Promise.resolve();
  expect(watched).not.toHaveBeenCalled();
  clock.advance(1);
  expect(await ended).toEqual({ outcome: 'not-stopped', because: 'timed-out' });
});

test('it ends with the signal that was handed in, and hears its reason', async () => {
  const { controller, options } = setUp();
  const reason = new Error('enough');
  let heard: unknown;
  const ended = runAttempt((signal) => {
    signal.addEventListener('abort', () => {
      heard = signal.reason;
    });
    return untilAborted(signal);
  }, options);
  controller.abort(reason);
  expect(await ended).toEqual({ outcome: 'aborted' });
  expect(heard).toBe(reason);
});

test('it does not begin where the signal is aborted already', async () => {
  const { controller, options } = setUp();
  controller.abort();
  const run = vi.fn<() => Promise<void>>();
  expect(await runAttempt(run, options)).toEqual({ outcome: 'aborted' });
  expect(run).not.toHaveBeenCalled();
});

test('its signal is aborted once it is over, so that what it left behind is cut off', async () => {
  const { options } = setUp();
  let kept: AbortSignal | undefined;
  await runAttempt(async (signal) => {
    kept = signal;
  }, options);
  expect(kept?.aborted).toBe(true);
});

test('a time of a year does not end at once', async () => {
  const { clock, options } = setUp();
  const ended = runAttempt(untilAborted, { ...options, timeoutMilliseconds: 365 * 24 * 3_600_000 });
  clock.advance(364 * 24 * 3_600_000);
  expect(clock.waiting).toBe(1);
  clock.advance(24 * 3_600_000);
  expect(await ended).toEqual({ outcome: 'timed-out' });
});
