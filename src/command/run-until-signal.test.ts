import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepLogs } from '../../test/builders/logs.ts';
import { type Runnable, runUntilSignal } from './run-until-signal.ts';

let emitter: EventEmitter;
let order: string[];

beforeEach(() => {
  emitter = new EventEmitter();
  order = [];
});

const run = (start: (signal: AbortSignal) => Promise<Runnable>): Promise<void> =>
  runUntilSignal({ process: emitter as unknown as NodeJS.Process }, keepLogs().logger, start);
const stoppable = (ended?: Promise<void>): Runnable => ({
  stop: async () => void order.push('stopped'),
  ...(ended === undefined ? {} : { ended }),
});

describe.each(['SIGTERM', 'SIGINT'])('%s', (signal) => {
  it('stops what runs', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const running = run(async () => {
      queueMicrotask(resolve);
      return stoppable();
    });
    await promise;
    emitter.emit(signal);
    await running;
    expect(order).toEqual(['stopped']);
  });

  it('gives up a start, however long that would take', async () => {
    const running = run((starting) => {
      starting.addEventListener('abort', () => order.push('given up'));
      return new Promise(() => {});
    });
    emitter.emit(signal);
    await running;
    expect(order).toEqual(['given up']);
  });
});

it('what cannot start says why', async () => {
  await expect(run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

it('what cannot go on says why, and is not stopped: it may not know how any more', async () => {
  await expect(run(async () => stoppable(Promise.reject(new Error('lost'))))).rejects.toThrow('lost');
  expect(order).toEqual([]);
});

it('what ends by itself waits for the signal', async () => {
  const running = run(async () => stoppable(Promise.resolve()));
  await Promise.resolve();
  emitter.emit('SIGTERM');
  await running;
  expect(order).toEqual(['stopped']);
});
