import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../../src/kube/manual-clock.ts';
import { createBatchPace, type BatchPace } from './batch-pace.ts';

let clock: ManualClock;
let waiting: number;
let pace: BatchPace;

beforeEach(() => {
  clock = createManualClock();
  waiting = 0;
  pace = createBatchPace({ clock, gather: async () => undefined }, () => waiting);
});

/** Whether the pace is ready; what it answers follows what happens. */
function beginning(): { readonly begun: () => Promise<boolean> } {
  let ready = false;
  void pace.ready().then(() => (ready = true));
  return {
    async begun() {
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      return ready;
    },
  };
}

const uids = (count: number): string[] => Array.from({ length: count }, (_, index) => `uid-${index}`);

describe('company', () => {
  it('is not awaited by a lone create', async () => {
    waiting = 1;
    expect(await beginning().begun()).toBe(true);
  });

  it('is not awaited while next to nobody creates', async () => {
    pace.reserved(uids(2));
    waiting = 1;
    expect(await beginning().begun()).toBe(true);
  });

  it('is awaited until as many wait as are under way', async () => {
    pace.reserved(uids(8));
    waiting = 3;
    const batch = beginning();
    expect(await batch.begun()).toBe(false);
    for (waiting = 4; waiting < 8; waiting += 1) {
      pace.arrived();
      expect(await batch.begun()).toBe(false);
    }
    pace.arrived();
    expect(await batch.begun()).toBe(true);
  });

  it('is enough as soon as few enough are under way', async () => {
    pace.reserved(uids(8));
    waiting = 6;
    const batch = beginning();
    pace.seen('uid-0');
    expect(await batch.begun()).toBe(false);
    pace.seen('uid-1');
    expect(await batch.begun()).toBe(true);
  });

  it('is awaited for the time of three writes at most', async () => {
    waiting = 1;
    for (let write = 0; write < 50; write += 1) pace.wrote(20);
    pace.reserved(uids(8));
    const batch = beginning();
    expect(await batch.begun()).toBe(false);
    clock.advance(59);
    expect(await batch.begun()).toBe(false);
    clock.advance(2);
    expect(await batch.begun()).toBe(true);
  });

  it('is never awaited for longer than a tenth of a second', async () => {
    waiting = 1;
    for (let write = 0; write < 50; write += 1) pace.wrote(5_000);
    pace.reserved(uids(8));
    const batch = beginning();
    expect(await batch.begun()).toBe(false);
    clock.advance(100);
    expect(await batch.begun()).toBe(true);
  });

  it('does not count creates that have probably failed, however long the journal holds them', async () => {
    pace.reserved(uids(8));
    clock.advance(1_000);
    waiting = 1;
    expect(await beginning().begun()).toBe(true);
    pace.reserved([...uids(8), 'young']);
    expect(await beginning().begun()).toBe(true);
  });
});

describe('turns', () => {
  beforeEach(() => {
    waiting = 2;
  });

  it('are not taken where no other replica writes', async () => {
    pace.wrote(5);
    expect(await beginning().begun()).toBe(true);
  });

  it('pass to the other replica with our write, and back with its', async () => {
    pace.wrote(5);
    pace.overtaken();
    clock.advance(1);
    expect(await beginning().begun()).toBe(true);
    pace.wrote(5);
    const batch = beginning();
    expect(await batch.begun()).toBe(false);
    pace.overtaken();
    expect(await batch.begun()).toBe(true);
  });

  it('are not taken by a lone create', async () => {
    pace.wrote(5);
    clock.advance(1);
    pace.overtaken();
    clock.advance(1);
    pace.wrote(5);
    waiting = 1;
    expect(await beginning().begun()).toBe(true);
  });

  it('are lost by who does not take them', async () => {
    pace.wrote(5);
    clock.advance(1);
    pace.overtaken();
    clock.advance(1);
    pace.wrote(5);
    const batch = beginning();
    expect(await batch.begun()).toBe(false);
    clock.advance(19);
    expect(await batch.begun()).toBe(false);
    clock.advance(1);
    expect(await batch.begun()).toBe(true);
    pace.wrote(5);
    expect(await beginning().begun()).toBe(true);
  });
});
