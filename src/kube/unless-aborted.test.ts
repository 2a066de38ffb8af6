import { expect, test } from 'vitest';
import { unlessAborted } from './unless-aborted.ts';

test('what is promised comes back, and nothing is left at the signal', async () => {
  const { signal } = new AbortController();
  const listeners: string[] = [];
  const counted = Object.assign(signal, {
    removeEventListener(type: string) {
      listeners.push(type);
    },
  });
  expect(await unlessAborted(Promise.resolve(7), counted)).toBe(7);
  await expect(unlessAborted(Promise.reject(new Error('no')), counted)).rejects.toThrow('no');
  expect(listeners).toEqual(['abort', 'abort']);
});

test('who is told to stop does not wait for it', async () => {
  const controller = new AbortController();
  const late = Promise.withResolvers<number>();
  const waiting = unlessAborted(late.promise, controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  late.reject(new Error('nobody hears of it'));
  await expect(unlessAborted(Promise.resolve(7), controller.signal)).rejects.toThrow('enough');
});
