import { beforeEach, describe, expect, it } from 'vitest';
import { createCalmWorld, type CalmWorld } from '../../test/simulation/calm-world.ts';
import { createJournalHolder, type JournalHolder } from './journal-holder.ts';
import type { Journal } from './journal.ts';
import { createNameArbiter, type NameArbiter } from './name-arbiter.ts';
import { createSeenExecutions, type SeenExecutions } from './seen-executions.ts';
import { createWaitingRequest, type WaitingRequest } from './waiting-request.ts';

let world: CalmWorld;
let holder: JournalHolder;
let seen: SeenExecutions;
let arbiter: NameArbiter;

beforeEach(() => {
  world = createCalmWorld();
  seen = createSeenExecutions();
  holder = createJournalHolder({
    namespace: 'n',
    store: world.store,
    reader: world.reader,
    clock: world.time,
    onHistoryBackwards: () => undefined,
    onAdopted: (journal) => arbiter.journalAdopted(journal),
    onLost: () => undefined,
    onOver: () => undefined,
  });
  arbiter = createNameArbiter({ namespace: 'n', holder, seen, reader: world.reader, clock: world.time });
});

function requestOf(uid: string, changes: { apply?: boolean } = {}): WaitingRequest {
  const request = { name: 'a', uid, workflow: 'w', dryRun: false, apply: false, enforce: true, ...changes };
  return createWaitingRequest({ ...request, deadline: world.time.now() + 9_500 }, world.time, () => ({
    reason: 'JournalUnwritable',
    message: 'late',
  }));
}

function journalWith(resourceVersion: string, ...uids: string[]): Journal {
  const reservations = uids.length > 0 ? [{ name: 'a', workflow: 'w', uids, reservedAt: '' }] : [];
  return { uid: 'j', resourceVersion, compactedThrough: '0', recovering: false, reservations };
}

function exists(uid: string): void {
  world.server.create('a', uid, 'w');
}

describe('a name is contested', () => {
  it('when it is reserved for another uid, or was seen', () => {
    expect(arbiter.isContested(requestOf('2'), journalWith('5', '1'))).toBe(true);
    seen.note({ namespace: 'n', name: 'a', uid: '1', resourceVersion: '3', workflow: 'w' });
    expect(arbiter.isContested(requestOf('2'), journalWith('5'))).toBe(true);
  });

  it.each([
    ['nobody knows it', requestOf, journalWith('5')],
    ['the uid itself is written down', requestOf, journalWith('5', '1', '2')],
    [
      'the create is by server-side apply',
      (uid: string) => requestOf(uid, { apply: true }),
      journalWith('5', '1'),
    ],
  ])('not when %s', (_why, make, journal) => {
    expect(arbiter.isContested(make('2'), journal)).toBe(false);
  });

  it('again, when another create of it has come since it was found free', async () => {
    holder.observed(journalWith('5', '1'));
    const request = requestOf('2');
    await world.settled(arbiter.resolve(request));
    expect(arbiter.isContested(request, journalWith('5', '1'))).toBe(false);
    expect(arbiter.isContested(request, journalWith('6', '1', '3'))).toBe(true);
  });
});

describe('a contested name', () => {
  it('that exists is answered so, settled or not', async () => {
    exists('1');
    world.server.settle('a');
    const request = requestOf('2');
    await world.settled(arbiter.resolve(request));
    expect(await request.answer).toEqual({ kind: 'alreadyExists' });
    expect(seen.uidOf('n', 'a')).toBe('1');
  });

  it('whose hint is out of date is free, and the hint is forgotten', async () => {
    seen.note({ namespace: 'n', name: 'a', uid: '1', resourceVersion: '3', workflow: 'w' });
    const request = requestOf('2');
    await world.settled(arbiter.resolve(request));
    expect(request.answered).toBe(false);
    expect(arbiter.isContested(request, journalWith('5'))).toBe(false);
  });

  it('that is being created waits for the outcome, which the watch shows', async () => {
    holder.observed(journalWith('5', '1'));
    const request = requestOf('2');
    const resolved = arbiter.resolve(request);
    world.time.setTimer(500, () => {
      exists('1');
      arbiter.nameSeen('a');
    });
    await world.settled(resolved);
    expect(await request.answer).toEqual({ kind: 'alreadyExists' });
    expect(world.time.now()).toBeLessThan(510);
  });

  it('waits no longer when the other create has left the journal', async () => {
    holder.observed(journalWith('5', '1'));
    const resolved = arbiter.resolve(requestOf('2'));
    world.time.setTimer(500, () => holder.observed(journalWith('6')));
    await world.settled(resolved);
    expect(world.time.now()).toBeLessThan(510);
  });

  it('waits two seconds at most, and asks after the wait', async () => {
    holder.observed(journalWith('5', '1'));
    const request = requestOf('2');
    const resolved = arbiter.resolve(request);
    await world.time.run(1_999);
    expect(world.calls).toEqual([]);
    await world.settled(resolved);
    expect(world.calls).toEqual(['get a']);
    expect(request.answered).toBe(false);
  });

  it('does not wait for a create that was shown already', async () => {
    holder.observed(journalWith('5', '1'));
    seen.note({ namespace: 'n', name: 'a', uid: '1', resourceVersion: '3', workflow: 'w' });
    await world.settled(arbiter.resolve(requestOf('2')));
    expect(world.time.now()).toBeLessThan(10);
  });

  it('is asked for until the API server answers', async () => {
    exists('1');
    world.failNext('get', new Error('too many requests'));
    const request = requestOf('2');
    await world.settled(arbiter.resolve(request));
    expect(world.calls).toEqual(['get a', 'get a']);
    expect(await request.answer).toEqual({ kind: 'alreadyExists' });
  });
});
