import { expect, it } from 'vitest';
import { compactJournal } from './compact-journal.ts';
import type { Reservation } from './journal.ts';

function reserved(name: string, ...uids: string[]): Reservation {
  return { name, workflow: 'w', uids, reservedAt: 'then' };
}

const cases: readonly {
  story: string;
  seen?: Record<string, string>;
  free?: string[];
  view?: string;
  remain: string[];
  through: string;
}[] = [
  { story: 'what nobody saw remains', remain: ['a 1 2', 'b 3'], through: '20' },
  {
    story: 'a seen uid goes, the others of its entry stay',
    seen: { '1': '30' },
    remain: ['a 2', 'b 3'],
    through: '30',
  },
  { story: 'an entry goes with its last uid', seen: { '3': '40' }, remain: ['a 1 2'], through: '40' },
  {
    story: 'compactedThrough rises to what was seen',
    seen: { '1': '30', '2': '25', '3': '45' },
    remain: [],
    through: '45',
  },
  { story: 'compactedThrough never falls', seen: { '1': '15' }, remain: ['a 2', 'b 3'], through: '20' },
  {
    story: 'what was seen after the view does not count in it',
    seen: { '1': '60', '3': '50' },
    view: '50',
    remain: ['a 1 2'],
    through: '50',
  },
  {
    story: 'resourceVersions are compared as numbers',
    seen: { '1': '100' },
    view: '99',
    remain: ['a 1 2', 'b 3'],
    through: '20',
  },
  {
    story: 'what a read has freed goes, and nobody needs to have seen it',
    free: ['1', '2'],
    remain: ['b 3'],
    through: '20',
  },
];

it.each(cases)('$story', ({ seen = {}, free = [], view = '99', remain, through }) => {
  const journal = {
    compactedThrough: '20',
    reservations: [reserved('a', '1', '2'), reserved('b', '3')],
    recovering: false,
  };
  const compacted = compactJournal(
    journal,
    { revision: view, active: () => new Set() },
    { seenAt: (uid) => seen[uid], isFree: (uid) => free.includes(uid) },
  );
  expect(compacted.reservations.map(({ name, uids }) => [name, ...uids].join(' '))).toEqual(remain);
  expect(compacted.compactedThrough).toBe(through);
  expect(compacted.recovering).toBe(false);
});
