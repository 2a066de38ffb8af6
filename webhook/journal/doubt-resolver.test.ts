import { beforeEach, describe, expect, it } from 'vitest';
import { createCalmWorld, type CalmWorld } from '../../test/simulation/calm-world.ts';
import { createDoubtResolver, type DoubtResolver } from './doubt-resolver.ts';
import type { Doubt } from './doubts.ts';
import { createJournalHolder, type JournalHolder } from './journal-holder.ts';
import { createSeenExecutions, type SeenExecutions } from './seen-executions.ts';

const lifetime = 45_000;
let world: CalmWorld;
let holder: JournalHolder;
let seen: SeenExecutions;
let resolver: DoubtResolver;
let written = 1_000;

beforeEach(() => {
  world = createCalmWorld();
  seen = createSeenExecutions();
  holder = createJournalHolder({
    namespace: 'n',
    store: world.store,
    reader: world.reader,
    clock: world.time,
    onHistoryBackwards: () => undefined,
    onAdopted: () => undefined,
    onLost: () => undefined,
    onOver: () => undefined,
  });
  resolver = createDoubtResolver({
    namespace: 'n',
    holder,
    seen,
    reader: world.reader,
    clock: world.time,
    lifetimeMilliseconds: () => lifetime,
  });
  reserve('a:1');
});

/** The journal now holds these, as name:uid. */
function reserve(...entries: string[]): void {
  const reservations = entries.map((entry) => {
    const [name = '', uid = ''] = entry.split(':');
    return { name, workflow: 'w', uids: [uid], reservedAt: '' };
  });
  written += 1;
  const resourceVersion = String(written);
  holder.observed({ uid: 'j', resourceVersion, compactedThrough: '0', recovering: false, reservations });
}

function doubt(uid = '1'): Doubt {
  const found = holder.doubts.get(uid);
  if (found === undefined) throw new Error(`${uid} is not in doubt`);
  return found;
}

const cases: readonly [string, { age: number; happens: () => void; free: boolean }][] = [
  ['absent before its lifetime keeps its slot', { age: 44_000, happens: () => undefined, free: false }],
  ['absent after its lifetime is freed', { age: lifetime, happens: () => undefined, free: true }],
  [
    'another uid under its name before its lifetime frees nothing',
    { age: 44_000, happens: () => world.server.create('a', '2', 'w'), free: false },
  ],
  [
    'another uid that settled before its lifetime frees nothing',
    {
      age: 44_000,
      happens() {
        world.server.create('a', '2', 'w');
        world.server.settle('a');
      },
      free: false,
    },
  ],
  [
    'another uid under its name after its lifetime frees it',
    { age: lifetime, happens: () => world.server.create('a', '2', 'w'), free: true },
  ],
  [
    'that very uid settled frees it at once',
    {
      age: 1_000,
      happens() {
        world.server.create('a', '1', 'w');
        world.server.settle('a');
      },
      free: true,
    },
  ],
  [
    'that very uid active keeps its slot, however old',
    { age: 10 * lifetime, happens: () => world.server.create('a', '1', 'w'), free: false },
  ],
];

it.each(cases)('%s', async (_story, { age, happens, free }) => {
  await world.time.run(age);
  happens();
  await world.settled(resolver.ask([doubt()]));
  expect(holder.doubts.isFree('1')).toBe(free);
});

it('judges the age at which it asked, not at which it was answered', async () => {
  await world.time.run(lifetime - 1);
  await world.settled(resolver.ask([doubt()]));
  expect(world.time.now()).toBeGreaterThanOrEqual(lifetime);
  expect(holder.doubts.isFree('1')).toBe(false);
});

it('frees nothing when the API server does not answer', async () => {
  await world.time.run(lifetime);
  world.failNext('get', new Error('too many requests'));
  await world.settled(resolver.ask([doubt()]));
  expect(holder.doubts.isFree('1')).toBe(false);
});

it('remembers what an answer has shown', async () => {
  world.server.create('a', '1', 'w');
  await world.settled(resolver.ask([doubt()]));
  expect(seen.seenAt('1')).toBe('2');
});

describe('before a denial', () => {
  it('asks for doubts of that workflow over a second old', async () => {
    expect(resolver.worthAsking('w')).toEqual([]);
    await world.time.run(1_000);
    expect(resolver.worthAsking('w')).toEqual([doubt()]);
    expect(resolver.worthAsking('other')).toEqual([]);
  });

  it('asks for each once a second at most, and shares an answer that is on its way', async () => {
    await world.time.run(1_000);
    const first = resolver.ask(resolver.worthAsking('w'));
    const second = resolver.ask(resolver.worthAsking('w'));
    await world.settled(Promise.all([first, second]));
    expect(world.calls).toEqual(['get a']);
    expect(resolver.worthAsking('w')).toEqual([]);
    await world.time.run(world.time.now() + 1_000);
    expect(resolver.worthAsking('w')).toHaveLength(1);
  });

  it('does not ask for what is free already', async () => {
    await world.time.run(lifetime);
    await world.settled(resolver.ask([doubt()]));
    await world.time.run(2 * lifetime);
    expect(resolver.worthAsking('w')).toEqual([]);
  });

  it('has nothing to ask without a journal', () => {
    holder = createJournalHolder({
      namespace: 'n',
      store: world.store,
      reader: world.reader,
      clock: world.time,
      onHistoryBackwards: () => undefined,
      onAdopted: () => undefined,
      onLost: () => undefined,
      onOver: () => undefined,
    });
    const options = { namespace: 'n', holder, seen, reader: world.reader, clock: world.time };
    expect(
      createDoubtResolver({ ...options, lifetimeMilliseconds: () => lifetime }).worthAsking('w'),
    ).toEqual([]);
  });
});

it('sweeps what is past its lifetime and was never seen, eight at a time', async () => {
  reserve(...Array.from({ length: 12 }, (_, index) => `name-${index}:uid-${index}`));
  seen.note({ namespace: 'n', name: 'name-0', uid: 'uid-0', resourceVersion: '3', workflow: 'w' });
  expect(resolver.expired()).toEqual([]);
  await world.time.run(world.time.now() + lifetime);
  const expired = resolver.expired().map(({ uid }) => uid);
  expect(expired).toHaveLength(8);
  expect(expired).not.toContain('uid-0');
});
