import { describe, expect, it } from 'vitest';
import { beforeDeadline } from './before-deadline.ts';
import { createManualClock } from './manual-clock.ts';

const never = new Promise<never>(() => {});

describe('beforeDeadline', () => {
  it('is the outcome, when that comes in time', async () => {
    const clock = createManualClock();
    const options = { clock, milliseconds: 10, what: 'It' };
    expect(await beforeDeadline(Promise.resolve(7), options)).toBe(7);
    await expect(beforeDeadline(Promise.reject(new Error('no')), options)).rejects.toThrow('no');
    expect(clock.waiting).toBe(0);
  });

  it('fails when the time is over', async () => {
    const clock = createManualClock();
    const waiting = beforeDeadline(never, { clock, milliseconds: 10, what: 'It' });
    clock.advance(10);
    await expect(waiting).rejects.toThrow('It took longer than 10 ms');
  });

  it('fails with its signal, also with one that was aborted before', async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const options = { clock, milliseconds: 10, what: 'It', signal: controller.signal };
    const waiting = beforeDeadline(never, options);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({ reason: 'aborted', cause: new Error('enough') });
    await expect(beforeDeadline(never, options)).rejects.toMatchObject({ reason: 'aborted' });
    expect(clock.waiting).toBe(0);
  });
});
