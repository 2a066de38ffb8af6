import { setImmediate as flush } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../src/kube/manual-clock.ts';
import { SlotLine, type SlotTicket } from './slot-line.ts';

const forEver = new AbortController().signal;

function makeLine(clock: ManualClock = createManualClock()) {
  const line = new SlotLine({ clock, random: () => 1 });
  const woken: string[] = [];
  const wait = (name: string, ticket: SlotTicket): void => {
    void ticket.turn(forEver).then(() => woken.push(name));
  };
  const enter = (name: string): SlotTicket => {
    const ticket = line.enter();
    wait(name, ticket);
    return ticket;
  };
  return { line, clock, woken, enter, wait };
}

describe('SlotLine', () => {
  it('wakes one for each slot that is freed, first come, first served', async () => {
    const { line, woken, enter } = makeLine();
    for (const name of ['a', 'b', 'c']) enter(name);
    line.freed();
    await flush();
    expect(woken).toEqual(['a']);
    line.freed();
    await flush();
    expect(woken).toEqual(['a', 'b']);
  });

  it('gives who was refused after all the first place again', async () => {
    const { line, woken, enter, wait } = makeLine();
    const first = enter('a');
    enter('b');
    line.freed();
    await flush();
    wait('a again', first);
    line.freed();
    await flush();
    expect(woken).toEqual(['a', 'a again']);
  });

  it('remembers a slot that is freed while the only one is asking', async () => {
    const { line, woken, enter, wait } = makeLine();
    const only = enter('a');
    line.freed();
    await flush();
    line.freed();
    wait('a again', only);
    await flush();
    expect(woken).toEqual(['a', 'a again']);
  });

  it('lets the next one ask when one was granted, and nobody when one has given up', async () => {
    const { line, woken, enter } = makeLine();
    const [first, second] = [enter('a'), enter('b')];
    enter('c');
    line.freed();
    await flush();
    first.leave(true);
    await flush();
    expect(woken).toEqual(['a', 'b']);
    second.leave(false);
    await flush();
    expect(woken).toEqual(['a', 'b']);
    expect(line.length).toBe(1);
  });

  it('lets only the first ask without an occasion, later and later', async () => {
    const { clock, woken, enter, wait } = makeLine();
    const first = enter('a');
    enter('b');
    for (const [index, milliseconds] of [250, 500, 1_000].entries()) {
      clock.advance(milliseconds - 1);
      await flush();
      expect(woken).toHaveLength(index);
      clock.advance(1);
      await flush();
      expect(woken).toHaveLength(index + 1);
      wait('a', first);
      await flush();
    }
    expect(new Set(woken)).toEqual(new Set(['a']));
    first.leave(false);
    clock.advance(250);
    await flush();
    expect(woken.at(-1)).toBe('b');
  });

  it('ends a turn with the signal, and forgets it', async () => {
    const { line, clock } = makeLine();
    const ticket = line.enter();
    const stop = new AbortController();
    const turn = ticket.turn(stop.signal);
    stop.abort(new Error('enough'));
    await expect(turn).rejects.toThrow('enough');
    await expect(ticket.turn(stop.signal)).rejects.toThrow('enough');
    expect(clock.waiting).toBe(0);
    ticket.leave(false);
    ticket.leave(false);
    expect(line.length).toBe(0);
  });
});
