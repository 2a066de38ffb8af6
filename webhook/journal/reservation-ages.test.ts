import { expect, it } from 'vitest';
import type { JournalContent } from './journal.ts';
import { withAges } from './reservation-ages.ts';

const journal: JournalContent = {
  compactedThrough: '1',
  reservations: [
    { name: 'old', workflow: 'w', uids: ['1', '2'], ages: [99], reservedAt: 'then' },
    { name: 'new', workflow: 'w', uids: ['3'], reservedAt: 'now' },
  ],
  recovering: false,
};

it('writes down for how many whole seconds each uid was timed, and nothing for what is new', () => {
  const since = new Map([
    ['1', 1_000],
    ['3', 9_001],
  ]);
  expect(withAges(journal, (uid) => since.get(uid), 10_000).reservations).toEqual([
    { name: 'old', workflow: 'w', uids: ['1', '2'], ages: [9, 0], reservedAt: 'then' },
    { name: 'new', workflow: 'w', uids: ['3'], reservedAt: 'now' },
  ]);
});
