import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualLease, type LeaseFault, type VirtualLease } from '../../test/builders/virtual-lease.ts';
import type { Clock } from './clock.ts';
import { type LeaderElection, type LeaderElectionOptions, startLeaderElection } from './leader-election.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

let clock: ManualClock;
let server: VirtualLease;
let running: LeaderElection[];

beforeEach(() => {
  clock = createManualClock();
  server = createVirtualLease(clock);
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((election) => election.stop()));
});

function join(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElection {
  const election = startLeaderElection({
    client: server.client(),
    namespace: 'n',
    name: 'l',
    identity,
    clock,
    date: () => new Date(1_700_000_000_000 + clock.now()),
    random: () => 0,
    watch: server.watch,
    ...options,
  });
  running.push(election);
  return election;
}

/** Moves time on in steps small enough for what waits to go on in between. */
async function advance(milliseconds: number, step = 100): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += step) {
    clock.advance(Math.min(step, milliseconds - passed));
    await setImmediate();
  }
}

describe('an election', () => {
  it('is won by the only candidate, and recorded in the lease', async () => {
    const one = join('one');
    await one.elected();
    expect(one.leading).toBe(true);
    expect(server.lease?.spec).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2023-11-14T22:13:20.000000Z',
      renewTime: '2023-11-14T22:13:20.000000Z',
      leaseTransitions: 0,
    });
  });

  it('is over as long as the leader renews', async () => {
    const one = join('one');
    await one.elected();
    const two = join('two');
    await advance(120_000, 500);
    expect([one.leading, two.leading]).toEqual([true, false]);
    expect(two.holder).toBe('one');
    expect(server.lease?.spec).toMatchObject({
      acquireTime: '2023-11-14T22:13:20.000000Z',
      leaseTransitions: 0,
    });
    expect(server.lease?.spec?.renewTime).not.toBe(server.lease?.spec?.acquireTime);
  });

  it('is won again at once when the leader gives its lease back', async () => {
    const one = join('one');
    await one.elected();
    const two = join('two');
    await advance(100);
    await one.stop();
    expect(one.leading).toBe(false);
    expect(one.ended.reason).toMatchObject({ code: 'CandidateStopped' });
    await two.elected();
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('is won by one of several who want the lease at the same time', async () => {
    const one = join('one');
    await one.elected();
    const others = ['two', 'three', 'four'].map((identity) => join(identity));
    await advance(100);
    await one.stop();
    await advance(100);
    expect(others.filter(({ leading }) => leading)).toHaveLength(1);
  });

  it('is won without a watch as well, within the retry period', async () => {
    const deaf = { watch: () => async () => {} };
    const one = join('one', deaf);
    await one.elected();
    const two = join('two', deaf);
    await advance(100);
    await one.stop();
    expect(two.leading).toBe(false);
    await advance(2000);
    expect(two.leading).toBe(true);
  });

  it('ends for a candidate who is stopped before', async () => {
    const one = join('one');
    await one.elected();
    const two = join('two');
    const elected = two.elected();
    await two.stop();
    await expect(elected).rejects.toMatchObject({ code: 'CandidateStopped' });
    expect(server.lease?.spec?.holderIdentity).toBe('one');
  });
});

describe('a leader that is cut off', () => {
  it('leads no more at its renew deadline, long before another does', async () => {
    let fault: LeaseFault | undefined;
    const one = join('one', { client: server.client(() => fault) });
    await one.elected();
    const two = join('two');
    await advance(100);
    fault = 'silence';
    let endedAt: number | undefined;
    one.ended.addEventListener('abort', () => {
      endedAt = clock.now();
    });
    await advance(9_800);
    expect([one.leading, two.leading]).toEqual([true, false]);
    await advance(200);
    expect([one.leading, two.leading]).toEqual([false, false]);
    expect(endedAt).toBe(10_000);
    expect(one.ended.reason).toMatchObject({ code: 'LeadershipLost' });
    await advance(4_900);
    expect(two.leading).toBe(false);
    await advance(200);
    expect(two.leading).toBe(true);
    fault = undefined;
    await advance(60_000, 500);
    expect(one.leading).toBe(false);
    expect(server.lease?.spec?.holderIdentity).toBe('two');
  });

  it('still leads when it is back in time', async () => {
    let fault: LeaseFault | undefined;
    const one = join('one', { client: server.client(() => fault) });
    await one.elected();
    fault = 'lost';
    await advance(7_900);
    fault = undefined;
    await advance(10_000);
    expect(one.leading).toBe(true);
  });

  it('goes on when the answer to a renewal is lost, because the lease is its own', async () => {
    const faults: (LeaseFault | undefined)[] = [];
    const one = join('one', { client: server.client(() => faults.shift()) });
    await one.elected();
    for (let round = 0; round < 10; round += 1) {
      faults.push('answer lost');
      await advance(2000);
    }
    await advance(20_000);
    expect(one.leading).toBe(true);
  });

  it('counts from when it sent a renewal, not from when it heard that it was stored', async () => {
    const times = { leaseDurationMilliseconds: 11_000 };
    const faults: (LeaseFault | undefined)[] = [undefined, undefined, 'answer late'];
    const one = join('one', {
      times,
      client: server.client(() => (faults.length > 0 ? faults.shift() : 'silence')),
    });
    await one.elected();
    const two = join('two', { times });
    const both: boolean[] = [];
    for (let passed = 0; passed < 20_000; passed += 100) {
      await advance(100);
      both.push(one.leading && two.leading);
    }
    expect(two.leading).toBe(true);
    expect(both).not.toContain(true);
  });

  it('takes up at once what it had taken without hearing of it', async () => {
    const faults: (LeaseFault | undefined)[] = [undefined, 'answer lost'];
    const one = join('one', { watch: () => async () => {}, client: server.client(() => faults.shift()) });
    await setImmediate();
    expect([one.leading, server.lease?.spec?.holderIdentity]).toEqual([false, 'one']);
    await advance(2_000);
    expect(one.leading).toBe(true);
  });

  it('does not lead by the clock alone, before any timer has told it', async () => {
    const one = join('one', { clock: { ...clock, setTimer: () => () => {} } });
    await one.elected();
    clock.advance(10_000);
    expect(one.ended.aborted).toBe(false);
    expect(one.leading).toBe(false);
  });
});

describe('a lease that others write to', () => {
  it('ends a leadership at once when it has another holder', async () => {
    const one = join('one');
    await one.elected();
    server.put({ holderIdentity: 'somebody', leaseDurationSeconds: 15 });
    await advance(2000);
    expect(one.leading).toBe(false);
    expect(one.ended.reason).toMatchObject({
      code: 'LeadershipLost',
      message: 'somebody holds the lease now',
    });
  });

  it('that was deleted is still held for those who have seen it, and ends the leadership', async () => {
    const one = join('one');
    await one.elected();
    const two = join('two');
    await advance(100);
    server.remove();
    await advance(100);
    expect([one.leading, two.leading]).toEqual([false, false]);
    await advance(14_900);
    expect(two.leading).toBe(true);
  });

  it('is not taken by what its times say, whatever year they are from', async () => {
    server.put({
      holderIdentity: 'somebody',
      leaseDurationSeconds: 20,
      acquireTime: '1999-01-01T00:00:00.000000Z',
      renewTime: '1999-01-01T00:00:00.000000Z',
    });
    const one = join('one');
    await advance(19_900);
    expect(one.leading).toBe(false);
    await advance(200);
    expect(one.leading).toBe(true);
  });

  it('is held on while the time of day stands still', async () => {
    const frozen = { date: () => new Date(0) };
    const one = join('one', frozen);
    const two = join('two', frozen);
    await advance(60_000, 500);
    expect([one.leading, two.leading]).toEqual([true, false]);
  });

  it('without a spec is free', async () => {
    server.put({});
    const one = join('one');
    await one.elected();
    expect(one.leading).toBe(true);
  });
});

it.each([
  [{ leaseDurationMilliseconds: 10_000 }, 'longer than the deadline'],
  [{ retryPeriodMilliseconds: 9_000 }, 'longer than 1.2 retry periods'],
  [{ retryPeriodMilliseconds: 0 }, 'longer than 1.2 retry periods'],
  [{ renewDeadlineMilliseconds: Number.NaN }, 'longer than the deadline'],
])('refuses times with which two could lead: %o', (times, message) => {
  expect(() => join('one', { times })).toThrow(message);
});

/** The clock of a process that can be paused: time goes on, and no timer fires. */
function pausable(of: Clock): Clock & { paused: boolean; resume(): void } {
  const held: (() => void)[] = [];
  const self = {
    paused: false,
    now: of.now,
    setTimer(milliseconds: number, callback: () => void) {
      let cancelled = false;
      const cancel = of.setTimer(milliseconds, () => {
        const call = (): void => {
          if (!cancelled) callback();
        };
        if (self.paused) held.push(call);
        else call();
      });
      return () => {
        cancelled = true;
        cancel();
      };
    },
    sleep(milliseconds: number, signal?: AbortSignal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      return new Promise<void>((resolve, reject) => {
        const cancel = self.setTimer(milliseconds, resolve);
        signal?.addEventListener('abort', () => {
          cancel();
          reject(signal.reason);
        });
      });
    },
    resume() {
      self.paused = false;
      for (const call of held.splice(0)) call();
    },
  };
  return self;
}

it('two never lead at once, whatever is lost, however processes are paused and clocks jump', async () => {
  const candidates = 3;
  const who = fc.nat(candidates - 1);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ advance: fc.integer({ min: 100, max: 6_000 }) }) },
    fc.record({
      who,
      fault: fc.constantFrom<(LeaseFault | undefined)[]>(
        'lost',
        'answer lost',
        'answer late',
        'silence',
        undefined,
      ),
    }),
    fc.record({ who, pause: fc.boolean() }),
    fc.record({ who, jump: fc.integer({ min: -1e9, max: 1e9 }) }),
    fc.record({ who, stop: fc.constant(true) }),
  );
  let elections = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      clock = createManualClock();
      server = createVirtualLease(clock);
      let random = 1;
      const all = Array.from({ length: candidates }, (_, index) => {
        const own = pausable(clock);
        const state = { own, fault: undefined as LeaseFault | undefined, offset: 0, generation: 0 };
        const start = (): LeaderElection =>
          join(`${index}-${(state.generation += 1)}`, {
            clock: own,
            client: server.client(() => state.fault),
            // Hardly apart, so that whoever counts from too late is found out.
            times: { leaseDurationMilliseconds: 11_000 },
            date: () => new Date(1_700_000_000_000 + clock.now() + state.offset),
            random: () => (random = (random * 48_271) % 0x7fff_ffff) / 0x7fff_ffff,
          });
        return Object.assign(state, { start, election: start() });
      });
      const check = (): void => {
        const leaders = all.filter(({ election }) => election.leading);
        expect(leaders.length).toBeLessThanOrEqual(1);
        elections += leaders.length;
      };
      for (const each of steps) {
        if ('advance' in each) {
          for (let passed = 0; passed < each.advance; passed += 500) {
            await advance(Math.min(500, each.advance - passed), 250);
            check();
          }
          continue;
        }
        const candidate = all[each.who];
        if (candidate === undefined) continue;
        if ('fault' in each) candidate.fault = each.fault;
        else if ('jump' in each) candidate.offset += each.jump;
        else if ('stop' in each) {
          if (candidate.own.paused) continue;
          const stopped = candidate.election.stop();
          candidate.fault = undefined;
          await stopped;
          candidate.election = candidate.start();
        } else if (each.pause) candidate.own.paused = true;
        else candidate.own.resume();
        check();
      }
      for (const candidate of all) {
        candidate.fault = undefined;
        candidate.own.resume();
        if (candidate.election.ended.aborted) candidate.election = candidate.start();
      }
      await advance(40_000, 500);
      check();
      expect(all.filter(({ election }) => election.leading)).toHaveLength(1);
      await Promise.all(running.splice(0).map((election) => election.stop()));
    }),
    { numRuns: 60 },
  );
  expect(elections).toBeGreaterThan(100);
});
