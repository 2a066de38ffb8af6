import { beforeEach, describe, expect, it } from 'vitest';
import { createCalmWorld, type CalmWorld } from '../../test/simulation/calm-world.ts';
import { JournalConflictError, NamespaceOverError } from './journal-errors.ts';
import { createJournalHolder, type JournalHolder } from './journal-holder.ts';
import type { Journal, JournalContent } from './journal.ts';

let world: CalmWorld;
let holder: JournalHolder;
let told: string[];

beforeEach(() => {
  world = createCalmWorld();
  told = [];
  holder = createJournalHolder({
    namespace: 'n',
    store: world.store,
    reader: world.reader,
    clock: world.time,
    onHistoryBackwards: () => void told.push('history backwards'),
    onAdopted: ({ resourceVersion }) => void told.push(`adopted ${resourceVersion}`),
    onLost: () => void told.push('lost'),
    onOver: () => void told.push('over'),
  });
});

function content(compactedThrough: string, ...names: string[]): JournalContent {
  const reservations = names.map((name) => ({ name, workflow: 'w', uids: [`uid-${name}`], reservedAt: '' }));
  return { compactedThrough, reservations, recovering: false };
}

const current = async (): Promise<Journal> => world.settled(holder.current());

describe('the first journal', () => {
  it('is made where there is none, and needs what is active to be seen, but no pause', async () => {
    world.server.create('a', '1', 'w');
    const journal = await current();
    expect(journal).toMatchObject({ compactedThrough: '2', reservations: [], recovering: false });
    expect(world.calls).toEqual(['read', 'list', 'create']);
    expect(told).toEqual(['adopted 3']);
  });

  it('is read again when another replica was faster', async () => {
    world.failNext('create', new JournalConflictError('the journal exists'));
    await expect(current()).rejects.toThrow(JournalConflictError);
    world.server.createJournal(content('0'));
    expect(await current()).toMatchObject({ uid: 'journal-1' });
  });
});

describe('the copy', () => {
  it('serves until another journal is known', async () => {
    const first = await current();
    expect(await current()).toBe(first);
    expect(world.calls).toHaveLength(3);
    holder.observed({ ...first, resourceVersion: '9', compactedThrough: '5' });
    expect(await current()).toMatchObject({ resourceVersion: '9' });
  });

  it('is not replaced by an older one that the watch shows late', async () => {
    const first = await current();
    await world.settled(holder.write(first, content('1', 'a')));
    holder.observed(first);
    expect(holder.copy).toMatchObject({ resourceVersion: '3' });
  });

  it('is read anew when a write met another', async () => {
    const first = await current();
    world.server.replaceJournal(first, content('1', 'a'));
    await expect(world.settled(holder.write(first, content('1', 'b')))).rejects.toThrow(JournalConflictError);
    expect(holder.copy).toBeUndefined();
    expect((await current()).reservations[0]?.name).toBe('a');
  });

  it('is kept after a conflict when the watch has shown the other write meanwhile', async () => {
    const first = await current();
    const other = world.server.replaceJournal(first, content('1', 'a'));
    const write = holder.write(first, content('1', 'b')).catch((error: unknown) => error);
    holder.observed(other);
    expect(await world.settled(write)).toBeInstanceOf(JournalConflictError);
    expect(holder.copy).toBe(other);
  });

  it('is forgotten after a write whose outcome is unknown', async () => {
    const first = await current();
    world.failNext('replace', new Error('connection reset'));
    await expect(world.settled(holder.write(first, content('1', 'b')))).rejects.toThrow('connection reset');
    expect(holder.copy).toBeUndefined();
  });

  it('stays the same object when a read finds it unchanged, so that no doubt is timed anew', async () => {
    const first = await world.settled(holder.write(await current(), content('1', 'a')));
    expect(await world.settled(holder.refreshed())).toBe(first);
  });

  it('yields to what the watch has shown while a read was under way', async () => {
    const first = await current();
    const reading = holder.refreshed();
    holder.observed({ ...first, resourceVersion: '99' });
    expect(await world.settled(reading)).toMatchObject({ resourceVersion: '99' });
  });
});

it('times each uid from the moment it is known to be reserved', async () => {
  const first = await current();
  await world.time.run(1_000);
  await world.settled(holder.write(first, content('1', 'a')));
  const since = holder.doubts.get('uid-a')?.since;
  expect(since).toBe(1_002);
});

describe('history went backwards', () => {
  it('when a read gives an older journal', async () => {
    const first = await current();
    holder.observed({ ...first, resourceVersion: '99' });
    await world.settled(holder.refreshed());
    expect(told).toContain('history backwards');
    expect(holder.copy).toMatchObject({ resourceVersion: first.resourceVersion });
  });

  it('when a read gives another journal under the same resourceVersion', async () => {
    const first = await current();
    holder.observed({ ...first, ...content('1', 'a'), resourceVersion: '3' });
    world.server.replaceJournal(first, content('1', 'b'));
    expect((await world.settled(holder.refreshed())).reservations[0]?.name).toBe('b');
    expect(told).toContain('history backwards');
  });

  it('when the same journal relies on less than before', async () => {
    const first = await world.settled(holder.write(await current(), content('50')));
    holder.observed({ ...first, resourceVersion: '99', compactedThrough: '49' });
    expect(told).toContain('history backwards');
  });

  it('not when a list shows an older one that a read then shows to be out of date', async () => {
    const first = await current();
    const second = await world.settled(holder.write(first, content('1', 'a')));
    await world.settled(holder.listed(first));
    expect(holder.copy).toEqual(second);
    expect(told).not.toContain('history backwards');
  });

  it('not when a list shows what is known, or what is newer', async () => {
    const first = await current();
    await world.settled(holder.listed(first));
    await world.settled(holder.listed({ ...first, resourceVersion: '99' }));
    expect(world.calls).toHaveLength(3);
    expect(holder.copy).toMatchObject({ resourceVersion: '99' });
  });
});

describe('a journal that is gone', () => {
  it('is made anew at once, recovering, with all that exists to be seen', async () => {
    await current();
    world.server.create('a', '1', 'w');
    world.server.settle('a');
    world.server.removeJournal();
    await world.settled(holder.gone());
    expect(holder.copy).toMatchObject({ recovering: true, compactedThrough: '5' });
    expect(told).toContain('lost');
    expect(holder.recoveringSince).toBe(world.time.now());
  });

  it('recovers since it was first known to, until it has', async () => {
    await current();
    world.server.removeJournal();
    await world.settled(holder.gone());
    const since = holder.recoveringSince;
    await world.time.run(5_000);
    holder.observed({ ...(holder.copy as Journal), resourceVersion: '77' });
    expect(holder.recoveringSince).toBe(since);
    holder.observed({ ...(holder.copy as Journal), resourceVersion: '78', recovering: false });
    expect(holder.recoveringSince).toBeUndefined();
  });

  it('is tried again until it can be made', async () => {
    await current();
    world.server.removeJournal();
    world.failNext('read', new Error('connection refused'));
    await world.settled(holder.gone());
    expect(holder.copy).toMatchObject({ recovering: true });
  });

  it('is left alone when its namespace is gone too, and a later one is the first', async () => {
    await current();
    world.server.removeJournal();
    world.failNext('create', new NamespaceOverError('the namespace is being deleted'));
    await world.settled(holder.gone());
    expect([holder.copy, holder.known, told.at(-1)]).toEqual([undefined, false, 'over']);
    expect(await current()).toMatchObject({ recovering: false });
  });

  it('is nothing to a replica that never knew one', async () => {
    await world.settled(holder.gone());
    expect(world.calls).toEqual([]);
  });
});
