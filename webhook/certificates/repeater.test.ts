import { describe, expect, it } from 'vitest';
import { createRepeater } from './repeater.ts';

describe('createRepeater', () => {
  it('runs again after the round under way, once, however often it was poked', async () => {
    const { repeater, rounds, timers } = make();
    repeater.poke();
    repeater.poke();
    repeater.poke();
    rounds[0]?.resolve();
    await settle();
    expect(rounds).toHaveLength(2);
    rounds[1]?.resolve();
    await settle();
    expect(rounds).toHaveLength(2);
    expect(timers.map((timer) => timer.milliseconds)).toEqual([60]);
  });

  it('runs after a while by itself', async () => {
    const { repeater, rounds, timers } = make();
    repeater.poke();
    rounds[0]?.resolve();
    await settle();
    timers[0]?.fire();
    expect(rounds).toHaveLength(2);
  });

  it('waits after a failure, even when it was poked meanwhile', async () => {
    const { repeater, rounds, timers, failures } = make();
    const boom = new Error('boom');
    repeater.poke();
    repeater.poke();
    rounds[0]?.reject(boom);
    await settle();
    expect(failures).toEqual([boom]);
    expect(rounds).toHaveLength(1);
    expect(timers.map((timer) => timer.milliseconds)).toEqual([5]);
  });

  it('comes back soon when a round asks for it', async () => {
    const { repeater, rounds, timers } = make();
    repeater.poke();
    repeater.retry();
    rounds[0]?.resolve();
    await settle();
    expect(timers.map((timer) => timer.milliseconds)).toEqual([5]);
  });

  it('stops after the round under way', async () => {
    const { repeater, rounds, timers } = make();
    repeater.poke();
    repeater.poke();
    const stopped = repeater.stop();
    rounds[0]?.resolve();
    await stopped;
    repeater.poke();
    expect(rounds).toHaveLength(1);
    expect(timers).toEqual([]);
  });
});

function make() {
  const rounds: PromiseWithResolvers<void>[] = [];
  const timers: { milliseconds: number; fire: () => void }[] = [];
  const failures: unknown[] = [];
  const repeater = createRepeater({
    async round() {
      const round = Promise.withResolvers<void>();
      rounds.push(round);
      return round.promise;
    },
    failed: (error) => void failures.push(error),
    clock: {
      setTimer(milliseconds, fire) {
        timers.push({ milliseconds, fire });
        return () => {};
      },
    },
    pollMilliseconds: 60,
    retryMilliseconds: 5,
  });
  return { repeater, rounds, timers, failures };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
