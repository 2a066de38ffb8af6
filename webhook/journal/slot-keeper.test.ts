import { beforeEach, describe, expect, it } from 'vitest';
import { createCalmWorld, type CalmWorld } from '../../test/simulation/calm-world.ts';
import { namespace, type Change } from '../../test/simulation/virtual-api-server.ts';
import { JournalConflictError, NamespaceOverError, type SlotsUnavailableError } from './journal-errors.ts';
import type { Journal } from './journal.ts';
import { createSlotKeeper, type SlotKeeper } from './slot-keeper.ts';
import type { SlotOutcome, SlotRequest } from './slot-request.ts';

const lifetime = 45_000;
let world: CalmWorld;
let keeper: SlotKeeper;
let limit: number;
let watching: boolean;
let connected: boolean;
let mayBeStuck: boolean;
let backwards: string[];
/** resourceVersions of workflows, as a quorum read gives them. */
let workflowRevisions: Map<string, string>;

beforeEach(() => {
  world = createCalmWorld();
  limit = 2;
  watching = connected = true;
  mayBeStuck = false;
  backwards = [];
  workflowRevisions = new Map();
  keeper = newKeeper();
  keeper.cache.replaced([], '1');
  world.server.watch((change) => {
    if (watching) deliver(keeper, change);
  });
});

function newKeeper(): SlotKeeper {
  return createSlotKeeper({
    clock: world.time,
    store: world.store,
    reader: world.reader,
    workflowRevision: async (_, workflow) => workflowRevisions.get(workflow),
    metrics: world.metrics,
    limit: () => limit,
    lifetimeMilliseconds: () => lifetime,
    wallClock: () => '2030-01-01T00:00:00Z',
    gather: async () => undefined,
    watchConnected: () => connected,
    watchMayBeStuck: () => mayBeStuck,
    onHistoryBackwards: (where) => void backwards.push(where),
  });
}

function deliver(to: SlotKeeper, change: Change): void {
  if (change.type === 'upserted') to.cache.upserted(change.execution);
  if (change.type === 'removed') to.cache.removed(change.execution);
  if (change.type === 'journal') to.journalObserved(namespace, change.journal);
  if (change.type === 'journalGone') to.journalGone(namespace);
}

async function ask(name: string, changes: Partial<SlotRequest> = {}): Promise<SlotOutcome> {
  const request = { name, uid: `uid-${name}`, workflow: 'w', dryRun: false, apply: false, enforce: true };
  return keeper.request(namespace, { ...request, deadline: world.time.now() + 9_500, ...changes });
}

const answer = async (name: string, changes: Partial<SlotRequest> = {}): Promise<string> =>
  (await world.settled(ask(name, changes))).kind;

/** Asked, and stored when admitted. */
async function create(name: string): Promise<string> {
  const kind = await answer(name);
  if (kind === 'admitted') world.server.create(name, `uid-${name}`, 'w');
  return kind;
}

function storedJournal(): Journal {
  if (world.server.journal === undefined) throw new Error('there is no journal');
  return world.server.journal;
}

const writes = (): number => world.calls.filter((call) => call === 'replace').length;

describe('a create', () => {
  it('is admitted while a slot is free, and the next one is denied with who holds them', async () => {
    await create('a');
    expect(await answer('b')).toBe('admitted');
    expect(await world.settled(ask('c'))).toEqual({
      kind: 'limitReached',
      limit: 2,
      holders: [
        { name: 'a', state: 'active' },
        { name: 'b', state: 'reserved' },
      ],
    });
  });

  it('fits when another settles', async () => {
    for (const name of ['a', 'b']) await create(name);
    expect(await create('c')).toBe('limitReached');
    world.server.settle('a');
    expect(await create('c')).toBe('admitted');
  });

  it('is answered only after the journal is written', async () => {
    const asked = ask('a');
    let answered = false;
    void asked.then(() => (answered = true));
    while (writes() === 0) await world.time.run(world.time.now() + 1);
    expect(answered).toBe(false);
    await world.settled(asked);
    expect(world.server.journal?.reservations).toEqual([
      { name: 'a', workflow: 'w', uids: ['uid-a'], reservedAt: '2030-01-01T00:00:00Z' },
    ]);
  });

  it('costs one write together with all that wait, whatever their workflows', async () => {
    await create('first');
    const before = writes();
    const workflows = ['x', 'y', 'z'];
    const outcomes = await world.settled(
      Promise.all(workflows.map((workflow) => ask(`${workflow}-1`, { workflow, uid: workflow }))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'admitted']);
    expect(writes() - before).toBe(1);
    expect(world.measured).toContain('written 3');
  });

  it('that is denied costs no call', async () => {
    for (const name of ['a', 'b']) await create(name);
    const before = world.calls.length;
    expect(await answer('c')).toBe('limitReached');
    expect(world.calls.length).toBe(before);
  });

  it('by a dry run is answered exactly, by a journal read anew, and writes nothing', async () => {
    await create('a');
    const before = writes();
    expect(await answer('b', { dryRun: true, uid: 'x' })).toBe('admitted');
    expect(await answer('b', { dryRun: true, uid: 'y' })).toBe('admitted');
    await create('b');
    expect(await answer('c', { dryRun: true })).toBe('limitReached');
    expect(writes() - before).toBe(1);
    expect(world.calls.filter((call) => call === 'read').length).toBeGreaterThan(3);
  });

  it('by a dry run in a namespace without a journal is decided by a list, and makes none', async () => {
    limit = 1;
    expect(await answer('a', { dryRun: true })).toBe('admitted');
    // Not shown by the watch yet.
    watching = false;
    world.server.create('old', 'uid-old', 'w');
    expect(await world.settled(ask('a', { dryRun: true }))).toMatchObject({
      kind: 'limitReached',
      holders: [{ name: 'old' }],
    });
    expect(world.server.journal).toBeUndefined();
    expect(new Set(world.calls)).toEqual(new Set(['read', 'list']));
  });

  it('by a dry run makes no write of a create or a mark that comes meanwhile its own', async () => {
    const dryRun = ask('a', { dryRun: true });
    await world.time.run(world.time.now() + 1);
    const marked = keeper.mark(namespace, { workflow: 'w', by: 'edit' }, world.time.now() + 9_500);
    expect((await world.settled(dryRun)).kind).toBe('admitted');
    expect(world.server.journal).toBeUndefined();
    await world.settled(marked);
    expect(storedJournal().workflows?.changing).toHaveLength(1);
  });

  it('feels a new limit at once', async () => {
    for (const name of ['a', 'b']) await create(name);
    limit = 3;
    expect(await create('c')).toBe('admitted');
    limit = 1;
    world.server.settle('a');
    world.server.settle('b');
    expect(await create('d')).toBe('limitReached');
  });

  it('is admitted over the limit where nothing is enforced, and said to be', async () => {
    limit = 0;
    expect(await world.settled(ask('a', { enforce: false }))).toMatchObject({
      kind: 'admitted',
      overLimit: true,
    });
  });
});

describe('a name', () => {
  it('that exists is told so before it takes a slot', async () => {
    await create('a');
    expect(await answer('a', { uid: 'other' })).toBe('alreadyExists');
    expect(await answer('b')).toBe('admitted');
  });

  it('asked for twice at once is created once, and the second is told so', async () => {
    const first = ask('a');
    const second = ask('a', { uid: 'other' });
    expect((await world.settled(first)).kind).toBe('admitted');
    world.server.create('a', 'uid-a', 'w');
    expect((await world.settled(second)).kind).toBe('alreadyExists');
  });

  it('applied twice at once is one slot: the loser becomes an update', async () => {
    limit = 1;
    const applies = ['1', '2'].map((uid) => ask('a', { uid, apply: true }));
    expect((await world.settled(Promise.all(applies))).map(({ kind }) => kind)).toEqual([
      'admitted',
      'admitted',
    ]);
    expect(world.server.journal?.reservations[0]?.uids).toEqual(['1', '2']);
  });

  it('whose create is asked about again is admitted again, without a write', async () => {
    limit = 1;
    await answer('a');
    const before = writes();
    expect(await answer('a')).toBe('admitted');
    expect(writes()).toBe(before);
  });
});

describe('a create that was admitted and never happened', () => {
  it('keeps its slot for its lifetime, and is asked for before it is the cause of a denial', async () => {
    limit = 1;
    await answer('a');
    await world.time.run(lifetime - 1_000);
    expect(await answer('b')).toBe('limitReached');
    expect(world.calls.at(-1)).toBe('get a');
    await world.time.run(lifetime + 1_000);
    expect(await answer('c')).toBe('admitted');
  });
});

describe('a conflict', () => {
  it('decides the whole batch anew: a slot that another replica took meanwhile is not given twice', async () => {
    limit = 1;
    const other = newKeeper();
    other.cache.replaced([], '1');
    await answer('warm-up', { workflow: 'other' });
    other.journalObserved(namespace, storedJournal());
    const request = { workflow: 'w', dryRun: false, apply: false, enforce: true, deadline: 60_000 };
    const outcomes = await world.settled(
      Promise.all([
        keeper.request(namespace, { ...request, name: 'a', uid: '1' }),
        other.request(namespace, { ...request, name: 'b', uid: '2' }),
      ]),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['admitted', 'limitReached']);
    expect(world.measured).toContain('conflicted');
  });
});

describe('when the journal cannot be written', () => {
  it('tries again until the deadline', async () => {
    await create('a');
    world.failNext('replace', new Error('connection reset'));
    expect(await create('b')).toBe('admitted');
  });

  it('answers 503 and says why', async () => {
    await create('a');
    const fail = (): void => {
      world.failNext('replace', new Error('etcd is full'));
      world.failNext('read', new Error('etcd is full'));
      world.time.setTimer(1, fail);
    };
    fail();
    await expect(world.settled(ask('b', { deadline: world.time.now() + 500 }))).rejects.toMatchObject({
      reason: 'JournalUnwritable',
      message: expect.stringContaining('etcd is full') as string,
    });
  });

  it('gives no slot to a create that was answered while the journal was read', async () => {
    const refused = ask('late', { deadline: world.time.now() + 1 });
    await expect(world.settled(refused)).rejects.toMatchObject({ code: 'SlotsUnavailable' });
    for (const name of ['a', 'b']) expect(await create(name)).toBe('admitted');
  });

  it('writes nothing down for who was answered before it came to the journal, or has gone', async () => {
    await create('a');
    const before = writes();
    const late = ask('late', { deadline: world.time.now() });
    await expect(world.settled(late)).rejects.toMatchObject({ code: 'SlotsUnavailable' });
    const gone = ask('gone', { signal: AbortSignal.abort() });
    await expect(world.settled(gone)).rejects.toMatchObject({ code: 'SlotsUnavailable' });
    const hangsUp = new AbortController();
    const going = ask('going', { signal: hangsUp.signal });
    hangsUp.abort();
    await expect(world.settled(going)).rejects.toMatchObject({ code: 'SlotsUnavailable' });
    expect(writes()).toBe(before);
    expect(await create('b')).toBe('admitted');
  });

  it('ends a conflict without an end at the deadline too', async () => {
    await create('a');
    const fail = (): void => {
      world.failNext('replace', new JournalConflictError('the journal has changed'));
      world.time.setTimer(1, fail);
    };
    fail();
    await expect(world.settled(ask('b', { deadline: world.time.now() + 500 }))).rejects.toMatchObject({
      code: 'SlotsUnavailable',
    });
  });
});

it('a create for which the journal has no room is refused until another is seen, in every mode', async () => {
  const journal = await world.settled(ask('first')).then(storedJournal);
  const uids = Array.from({ length: 30_000 }, (_, index) => `uid-${index}`.padEnd(36));
  world.server.replaceJournal(journal, {
    ...journal,
    reservations: [{ name: 'other', workflow: 'other', uids, reservedAt: '' }],
  });
  for (const enforce of [true, false])
    await expect(world.settled(ask('a', { enforce }))).rejects.toMatchObject({ reason: 'JournalFull' });
  for (let index = 0; index < 20_000; index += 1)
    keeper.recall({
      namespace,
      name: 'other',
      uid: uids[index] ?? '',
      resourceVersion: '1',
      workflow: 'other',
    });
  expect(await answer('a')).toBe('admitted');
});

describe('while the watch is away', () => {
  it('a list decides, and where none is given nobody does', async () => {
    await create('a');
    connected = false;
    expect(await create('b')).toBe('admitted');
    const fail = (): void => {
      world.failNext('list', new Error('too many requests'));
      world.time.setTimer(1, fail);
    };
    fail();
    await expect(world.settled(ask('c', { deadline: world.time.now() + 500 }))).rejects.toMatchObject({
      reason: 'WatchBehind',
      message: expect.stringContaining('too many requests') as string,
    });
  });
});

it('what was in the way an hour ago is not the reason why there is no answer now', async () => {
  await create('a');
  connected = false;
  world.failNext('list', new Error('too many requests'));
  expect(await create('b')).toBe('admitted');
  connected = true;
  limit = 3;
  const late = ask('c', { deadline: world.time.now() + 1 });
  await expect(world.settled(late)).rejects.toMatchObject({
    reason: 'JournalUnwritable',
    message: 'the slot journal was not written in time',
  });
});

describe('a watch that may be stuck', () => {
  it('is not believed when it says no: a slot that is free is given', async () => {
    for (const name of ['a', 'b']) await create(name);
    watching = false;
    mayBeStuck = true;
    world.server.settle('a');
    expect(await answer('c')).toBe('admitted');
    expect(world.measured).toContain('degraded');
  });
});

describe('history that went backwards', () => {
  it('is found by a list that is older than the watch, and then the cache does not count until it is new', async () => {
    await create('a');
    keeper.cache.progressed('999');
    mayBeStuck = true;
    limit = 1;
    expect(await answer('b')).toBe('limitReached');
    expect(backwards).toEqual([namespace]);
    const lists = (): number => world.calls.filter((call) => call === 'list').length;
    const before = lists();
    await answer('c');
    expect(lists()).toBe(before + 1);
    const { items, revision } = world.server.listActive();
    keeper.cache.replaced(items, revision);
    mayBeStuck = false;
    await answer('d');
    expect(lists()).toBe(before + 1);
  });

  it('is survived by a journal that relied on what is no more', async () => {
    await create('a');
    const journal = storedJournal();
    world.server.replaceJournal(journal, { ...journal, compactedThrough: '999' });
    expect(await answer('b')).toBe('admitted');
    expect(world.measured).toContain('restarted history-backwards');
    expect(backwards.length).toBeGreaterThan(0);
  });
});

describe('a journal that is deleted', () => {
  it('admits nothing for a lifetime, then everything that fits', async () => {
    await create('a');
    world.server.removeJournal();
    await expect(world.settled(ask('b'))).rejects.toMatchObject({ reason: 'JournalRecovering' });
    await world.time.run(world.time.now() + lifetime);
    expect(world.measured).toContain('restarted lost');
    expect([await create('b'), await create('c')]).toEqual(['admitted', 'limitReached']);
  });

  it('is noticed in a complete list too', async () => {
    await create('a');
    watching = false;
    world.server.removeJournal();
    keeper.journalsListed(new Map());
    await world.time.run(world.time.now() + 10);
    expect(world.server.journal?.recovering).toBe(true);
  });
});

it('counts the reservations of all namespaces', async () => {
  const reservation = { name: 'a', workflow: 'w', uids: ['1'], reservedAt: '' };
  const journal = { uid: 'j', resourceVersion: '5', compactedThrough: '0', recovering: false };
  keeper.journalsListed(
    new Map([
      ['one', { ...journal, reservations: [reservation] }],
      ['two', { ...journal, reservations: [reservation, { ...reservation, name: 'b' }] }],
    ]),
  );
  expect(world.measured.at(-1)).toBe('reservations 3');
  keeper.journalObserved('two', { ...journal, resourceVersion: '6', reservations: [] });
  expect(world.measured.at(-1)).toBe('reservations 1');
  keeper.journalGone('one');
  expect(world.measured.at(-1)).toBe('reservations 0');
});

describe('a namespace', () => {
  it('that is deleted is forgotten, and a later one of its name has a first journal', async () => {
    await create('a');
    expect(keeper.namespaces).toBe(1);
    world.server.remove('a');
    world.failNext('create', new NamespaceOverError('the namespace is being deleted'));
    world.server.removeJournal();
    await world.time.run(world.time.now() + 10_000);
    expect([keeper.namespaces, world.server.journal]).toEqual([0, undefined]);
    expect(await answer('a', { uid: 'later' })).toBe('admitted');
    expect([keeper.namespaces, world.measured.includes('restarted lost')]).toEqual([1, false]);
  });

  it('without a journal is kept while somebody waits in it', async () => {
    const fail = (): void => {
      world.failNext('list', new Error('too many requests'));
      if (world.time.now() < 1_000) world.time.setTimer(1, fail);
    };
    fail();
    const waiting = ask('a', { dryRun: true, deadline: world.time.now() + 500 });
    await world.time.run(world.time.now() + 400);
    expect(keeper.namespaces).toBe(1);
    await expect(world.settled(waiting)).rejects.toMatchObject({ reason: 'WatchBehind' });
    await world.time.run(world.time.now() + 100);
    expect(keeper.namespaces).toBe(0);
  });

  it('in which there are dry runs alone is forgotten', async () => {
    await answer('a', { dryRun: true });
    expect(keeper.namespaces).toBe(0);
  });

  it('whose journal was lost is not: creates that it had admitted are awaited', async () => {
    await create('a');
    world.server.removeJournal();
    await world.time.run(world.time.now() + 10_000);
    expect([keeper.namespaces, storedJournal().recovering]).toEqual([1, true]);
  });

  it('that is over has no marks to be asked about', async () => {
    const marked = Array.from({ length: 200 }, (_, index) =>
      keeper.mark(namespace, { workflow: `w${index}`, by: `edit ${index}` }, 9_500),
    );
    await world.settled(Promise.all(marked));
    world.failNext('create', new NamespaceOverError('the namespace is being deleted'));
    world.server.removeJournal();
    await world.time.run(world.time.now() + 100);
    const before = world.calls.length;
    await world.time.run(world.time.now() + 3 * lifetime);
    expect([world.calls.length - before, keeper.namespaces]).toEqual([0, 0]);
  });
});

describe('a workflow that begins to need approval', () => {
  const mark = (workflow = 'w', by = `edit of ${workflow}`): Promise<void> =>
    world.settled(keeper.mark(namespace, { workflow, by }, world.time.now() + 9_500));
  const pass = async (milliseconds: number): Promise<void> => world.time.run(world.time.now() + milliseconds);

  it('is in the journal before its write is let through, and is then read for each execution', async () => {
    await mark();
    expect(storedJournal().workflows?.changing).toEqual([{ workflow: 'w', by: 'edit of w' }]);
    expect(await answer('a', { workflowSeenAt: '999999' })).toBe('workflowChanging');
    expect(await answer('a')).toBe('admitted');
    expect(await answer('b', { workflow: 'other', workflowSeenAt: '1' })).toBe('admitted');
  });

  it('shares a write with the creates that wait, and with other workflows', async () => {
    await create('first');
    const before = writes();
    const both = Promise.all([ask('a'), mark('x'), mark('y')]);
    await world.settled(both);
    expect(writes() - before).toBe(1);
  });

  it('is found out about by a replica whose journal is from before', async () => {
    await create('a');
    const other = newKeeper();
    other.cache.replaced([], '1');
    watching = false;
    await world.settled(other.mark(namespace, { workflow: 'w', by: 'edit' }, world.time.now() + 9_500));
    watching = true;
    expect(await answer('b', { workflowSeenAt: '999999' })).toBe('workflowChanging');
  });

  it('is known by the watch a lifetime later, to who has seen it that far', async () => {
    await mark();
    workflowRevisions.set('w', '70');
    await pass(lifetime);
    await answer('a', { workflow: 'sweeps' });
    await pass(10);
    await answer('b', { workflow: 'writes' });
    expect(storedJournal().workflows).toEqual({ changing: [], through: '70' });
    expect(await answer('c', { workflowSeenAt: '69' })).toBe('workflowChanging');
    expect(await answer('c', { workflowSeenAt: '70' })).toBe('admitted');
  });

  it('stays marked where a second write of it has begun', async () => {
    await mark('w', 'first edit');
    await pass(lifetime - 100);
    await mark('w', 'second edit');
    await pass(200);
    await answer('a', { workflow: 'sweeps' });
    await pass(10);
    await answer('b', { workflow: 'writes' });
    expect(storedJournal().workflows?.changing).toEqual([{ workflow: 'w', by: 'second edit' }]);
  });

  it('cannot be written where the journal cannot', async () => {
    world.failNext('read', new Error('away'));
    const failing = keeper.mark(namespace, { workflow: 'w', by: 'edit' }, world.time.now() + 40);
    await expect(world.settled(failing)).rejects.toMatchObject({ code: 'SlotsUnavailable' });
  });

  it('is unmarked with many others by a write of their own, though nobody comes', async () => {
    const marked = Array.from({ length: 300 }, (_, index) =>
      keeper.mark(namespace, { workflow: `w${index}`, by: `edit ${index}` }, 9_500),
    );
    await world.settled(Promise.all(marked));
    const before = writes();
    await pass(lifetime + 1_000);
    expect(storedJournal().workflows?.changing).toEqual([]);
    expect(writes() - before).toBe(1);
  });

  it('is refused where the journal has no room, and its write is not let through; creates are not', async () => {
    const long = 'x'.repeat(240);
    const marked = Array.from({ length: 2_000 }, (_, index) =>
      keeper.mark(namespace, { workflow: `${index}-${long}`, by: `${index}` }, 9_500),
    );
    const outcomes = await world.settled(Promise.allSettled(marked));
    const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(new Set(refused.map(({ reason }) => (reason as SlotsUnavailableError).reason))).toEqual(
      new Set(['JournalFull']),
    );
    expect(storedJournal().workflows?.changing.length).toBe(2_000 - refused.length);
    expect(await answer('a')).toBe('admitted');
    await pass(lifetime + 1_000);
    await mark(`new-${long}`);
  });

  it('needs no mark in a namespace that is being deleted: nothing can be created there', async () => {
    world.failNext('create', new NamespaceOverError('over'));
    await mark();
    expect(world.server.journal).toBeUndefined();
  });

  it('is read again in all workflows after the journal was lost', async () => {
    await create('a');
    await mark();
    world.server.removeJournal();
    await pass(2 * lifetime);
    expect(await answer('b', { workflow: 'x', workflowSeenAt: '1' })).toBe('workflowChanging');
  });
});

it('goes on timing a create that failed where the replica before it has stopped', async () => {
  limit = 1;
  await answer('a');
  for (let turn = 0; turn < 6; turn += 1) {
    keeper = newKeeper();
    keeper.cache.replaced([], world.server.listActive().revision);
    await answer('starts', { workflow: `first-of-${turn}` });
    await world.time.run(world.time.now() + 9_000);
    await answer('stops', { workflow: `last-of-${turn}` });
  }
  expect(await answer('b')).toBe('admitted');
});

it('works without being told of history', async () => {
  const quiet = createSlotKeeper({
    clock: world.time,
    store: world.store,
    reader: world.reader,
    workflowRevision: async () => undefined,
    metrics: world.metrics,
    limit: () => 1,
    lifetimeMilliseconds: () => lifetime,
    wallClock: () => '',
    gather: async () => undefined,
    watchConnected: () => false,
    watchMayBeStuck: () => false,
  });
  quiet.cache.replaced([], '999');
  const request = {
    name: 'a',
    uid: '1',
    workflow: 'w',
    dryRun: false,
    apply: false,
    enforce: true,
    deadline: 9_500,
  };
  expect(await world.settled(quiet.request(namespace, request))).toMatchObject({ kind: 'admitted' });
});

it('refuses what it cannot remember, so that its memory is bounded', async () => {
  connected = false;
  world.failNext('list', new Error('away'));
  const asked = Array.from({ length: 5_600 }, (_, index) =>
    ask(`n-${index}`).catch((error: unknown) => error),
  );
  const refused = await world.settled(Promise.race(asked.slice(5_550)));
  expect(refused).toMatchObject({ reason: 'TooManyWaiting' });
});
