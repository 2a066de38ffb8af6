import { beforeEach, describe, expect, it } from 'vitest';
import { createCalmWorld, type CalmWorld } from '../../test/simulation/calm-world.ts';
import { createActiveExecutionCache, type ActiveExecutionCache } from './active-execution-cache.ts';
import { ExecutionsUnreadableError } from './journal-errors.ts';
import { createJournalHolder, type JournalHolder } from './journal-holder.ts';
import type { JournalContent } from './journal.ts';
import { createSeenExecutions } from './seen-executions.ts';
import { createUsableJournal, type JournalAndView } from './usable-journal.ts';

const lifetime = 45_000;
let world: CalmWorld;
let holder: JournalHolder;
let cache: ActiveExecutionCache;
let connected: boolean;
let distrusted: boolean;
let told: string[];
let usable: (options?: {
  fresh?: boolean;
  wantsList?: boolean;
  readOnly?: boolean;
}) => Promise<JournalAndView>;

beforeEach(() => {
  world = createCalmWorld();
  connected = true;
  distrusted = false;
  told = [];
  const seen = createSeenExecutions();
  cache = createActiveExecutionCache(world.time, (execution) => seen.note(execution));
  const options = {
    namespace: 'n',
    store: world.store,
    reader: world.reader,
    clock: world.time,
    cache,
    seen,
    lifetimeMilliseconds: () => lifetime,
    watchConnected: () => connected,
    cacheDistrusted: () => distrusted,
    onHistoryBackwards: () => void told.push('history backwards'),
    onDegraded: () => void told.push('degraded'),
    onAdopted: () => undefined,
    onLost: () => undefined,
    onOver: () => undefined,
  };
  holder = createJournalHolder(options);
  const get = createUsableJournal({ ...options, holder });
  usable = ({ fresh = false, wantsList = false, readOnly = false } = {}) =>
    world.settled(get({ fresh, wantsList, readOnly }));
  cache.replaced([], '1');
});

function journalIs(compactedThrough: string, changes: Partial<JournalContent> = {}): void {
  const content = { compactedThrough, reservations: [], recovering: false, ...changes };
  holder.observed(
    world.server.journal === undefined
      ? world.server.createJournal(content)
      : world.server.replaceJournal(world.server.journal, content),
  );
}

/** An execution exists, and the watch has not shown it. */
function createUnseen(name = 'a'): string {
  return String(world.server.create(name, `uid-${name}`, 'w')?.revision);
}

const lists = (): number => world.calls.filter((call) => call === 'list').length;
const activeIn = ({ view }: JournalAndView): string[] => [...view.active('n', 'w').keys()];

describe('the cache decides', () => {
  it('when it has seen what the journal relies on, with no call but one after each complete list', async () => {
    journalIs('1');
    for (let times = 0; times < 3; times += 1)
      expect(await usable()).toMatchObject({ view: cache, listed: false });
    expect(world.calls).toEqual(['read']);
    cache.replaced([], '2');
    for (let times = 0; times < 3; times += 1)
      expect(await usable()).toMatchObject({ view: cache, listed: false });
    expect(world.calls).toEqual(['read', 'read']);
  });

  it('by a journal read after the watch came back, for a copy may be of another history', async () => {
    journalIs('1', { reservations: [{ name: 'a', workflow: 'w', uids: ['1'], reservedAt: '' }] });
    await usable();
    world.server.restore({ revision: 1, executions: [], journal: undefined, workflows: [] }, false);
    const { uid } = world.server.createJournal({
      compactedThrough: '1',
      reservations: [],
      recovering: false,
    });
    cache.replaced([], '2');
    expect((await usable()).journal).toMatchObject({ uid, reservations: [] });
  });

  it('by a journal read after a complete list that came while it waited for the watch', async () => {
    journalIs('1', { reservations: [{ name: 'a', workflow: 'w', uids: ['1'], reservedAt: '' }] });
    await usable();
    const needed = createUnseen('b');
    journalIs(needed);
    world.time.setTimer(100, () => {
      world.server.restore({ revision: 1, executions: [], journal: undefined, workflows: [] }, false);
      world.server.createJournal({ compactedThrough: '1', reservations: [], recovering: false });
      cache.replaced([], needed);
    });
    const { journal, base } = await usable();
    expect(base?.uid).toBe(world.server.journal?.uid);
    expect(journal.compactedThrough).toBe('1');
  });

  it('when it sees it within a moment', async () => {
    const needed = createUnseen();
    journalIs(needed);
    world.time.setTimer(200, () => cache.progressed(needed));
    expect(await usable()).toMatchObject({ listed: false });
    expect(lists()).toBe(0);
  });

  it('after the journal was read, when that is asked for', async () => {
    journalIs('1');
    expect(await usable({ fresh: true })).toMatchObject({ listed: false });
    expect(world.calls).toEqual(['read']);
  });

  it('when a list was wanted and none is given, while the watch is connected', async () => {
    journalIs('1');
    world.failNext('list', new Error('too many requests'));
    expect(await usable({ wantsList: true })).toMatchObject({ view: cache, listed: false });
  });
});

describe('a list decides', () => {
  it('when the watch stays behind, and has what the cache has not', async () => {
    journalIs(createUnseen());
    const result = await usable();
    expect(result.listed).toBe(true);
    expect(activeIn(result)).toEqual(['a']);
    expect(told).toEqual(['degraded']);
  });

  it('when the watch is away, and the journal is read too', async () => {
    journalIs('1');
    connected = false;
    createUnseen();
    expect(activeIn(await usable())).toEqual(['a']);
    expect(world.calls).toEqual(['read', 'list']);
  });

  it('when the cache is of another history', async () => {
    journalIs('1');
    distrusted = true;
    createUnseen();
    expect(activeIn(await usable())).toEqual(['a']);
  });

  it('when one is wanted, and then serves for a second', async () => {
    journalIs('1');
    const first = await usable({ wantsList: true });
    expect(await usable({ wantsList: true })).toMatchObject({ view: first.view, listed: true });
    expect(lists()).toBe(1);
    await world.time.run(world.time.now() + 1_000);
    await usable({ wantsList: true });
    expect(lists()).toBe(2);
  });

  it.each([
    ['the journal relies on more', () => journalIs(createUnseen('b'))],
    ['the cache has seen more', () => cache.progressed('50')],
    ['the cache was made anew', () => cache.replaced([], '2')],
  ])('anew, when %s than the last one shows', async (_what, happens) => {
    journalIs('1');
    await usable({ wantsList: true });
    happens();
    await usable({ wantsList: true });
    expect(lists()).toBe(2);
  });

  it.each([
    ['the watch is behind', () => journalIs(createUnseen())],
    ['the watch is away', () => void (connected = false)],
    ['the cache is of another history', () => void (distrusted = true)],
  ])('or nothing does, when %s and no list is given', async (_why, happens) => {
    journalIs('1');
    happens();
    world.failNext('list', new Error('too many requests'));
    await expect(usable()).rejects.toThrow(ExecutionsUnreadableError);
  });
});

describe('history that went backwards', () => {
  it('is seen by a list from before what the journal relies on, and the journal starts anew', async () => {
    journalIs('1000', { reservations: [{ name: 'a', workflow: 'w', uids: ['1'], reservedAt: '' }] });
    const { journal, listed } = await usable();
    expect(listed).toBe(true);
    expect(journal).toMatchObject({ compactedThrough: '2', reservations: [{ name: 'a' }] });
    expect(world.server.journal).toEqual(journal);
    expect(new Set(told)).toEqual(new Set(['history backwards']));
  });

  it('leaves no trust in what a watch had shown of workflows before', async () => {
    const changing = [{ workflow: 'w', by: 'edit' }];
    journalIs('1000', { workflows: { changing, through: '1' } });
    expect((await usable()).journal.workflows).toEqual({ changing, through: '2' });
  });
});

describe('who only reads', () => {
  const read = (): Promise<JournalAndView> => usable({ readOnly: true });
  const wrote = (): boolean => world.calls.some((call) => call === 'create' || call === 'replace');

  it('is given the first journal that would be made, and what is active', async () => {
    const needed = createUnseen();
    const result = await read();
    expect(result).toMatchObject({ journal: { compactedThrough: needed }, base: undefined, listed: true });
    expect(activeIn(result)).toEqual(['a']);
    expect(wrote()).toBe(false);
  });

  it('is told that a journal which is gone will recover for a lifetime', async () => {
    journalIs('1');
    world.server.removeJournal();
    await expect(read()).rejects.toMatchObject({
      reason: 'JournalRecovering',
      message: expect.stringContaining('another 45 s') as string,
    });
    expect(wrote()).toBe(false);
  });

  it('is given a recovered journal as it would be written', async () => {
    journalIs('1', { recovering: true });
    const needed = createUnseen();
    await expect(read()).rejects.toMatchObject({ reason: 'JournalRecovering' });
    await world.time.run(lifetime);
    const result = await read();
    expect(result.journal).toMatchObject({ compactedThrough: needed, recovering: false });
    expect(activeIn(result)).toEqual(['a']);
    expect([wrote(), world.server.journal?.recovering]).toEqual([false, true]);
  });

  it('is given a journal that would start anew, and nobody is told that it does', async () => {
    journalIs('1000', { reservations: [{ name: 'a', workflow: 'w', uids: ['1'], reservedAt: '' }] });
    const { journal, base } = await read();
    expect(journal).toMatchObject({ compactedThrough: '2', reservations: [{ name: 'a' }] });
    expect([base, wrote(), told]).toEqual([undefined, false, []]);
  });
});

describe('a journal that recovers', () => {
  beforeEach(() => {
    journalIs('1', { recovering: true });
  });

  it('admits nothing for a lifetime, and says for how long', async () => {
    await world.time.run(5_000);
    await expect(usable()).rejects.toMatchObject({
      reason: 'JournalRecovering',
      message: expect.stringContaining('another 40 s') as string,
    });
  });

  it('then relies on everything that is active', async () => {
    const needed = createUnseen();
    await world.time.run(lifetime);
    const { journal, view } = await usable();
    expect(journal).toMatchObject({ compactedThrough: needed, recovering: false });
    expect([...view.active('n', 'w').keys()]).toEqual(['a']);
    expect(world.server.journal?.recovering).toBe(false);
  });

  it('then trusts no watch of workflows that has not seen so far', async () => {
    await world.time.run(lifetime);
    createUnseen();
    expect((await usable()).journal.workflows).toEqual({ changing: [], through: '3' });
  });

  it('never relies on less than before', async () => {
    journalIs('40', { recovering: true });
    createUnseen();
    await world.time.run(2 * lifetime);
    expect((await usable()).journal.compactedThrough).toBe('40');
  });
});
