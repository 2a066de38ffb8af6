import { describe, expect, it } from 'vitest';
import { createManualClock } from './manual-clock.ts';

describe('createManualClock', () => {
  it('calls what falls due in its order, each at its own time', () => {
    const clock = createManualClock();
    const seen: [string, number][] = [];
    clock.setTimer(20, () => seen.push(['late', clock.now()]));
    clock.setTimer(10, () => {
      seen.push(['early', clock.now()]);
      clock.setTimer(5, () => seen.push(['nested', clock.now()]));
    });
    clock.setTimer(31, () => seen.push(['never', clock.now()]));
    clock.advance(30);
    expect(seen).toEqual([
      ['early', 10],
      ['nested', 15],
      ['late', 20],
    ]);
    expect(clock.now()).toBe(30);
    expect(clock.waiting).toBe(1);
  });

  it('ends a sleep by time or by abort', async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const slept = clock.sleep(10);
    const aborted = clock.sleep(10, controller.signal);
    controller.abort(new Error('enough'));
    clock.advance(10);
    await slept;
    await expect(aborted).rejects.toThrow('enough');
    expect(clock.waiting).toBe(0);
  });
});
