import { expect, it } from 'vitest';
import { createDoubts } from './doubts.ts';
import type { JournalContent } from './journal.ts';

function journalOf(...uids: string[]): JournalContent {
  const reservations = uids.map((uid) => ({
    name: `name-${uid}`,
    workflow: 'w',
    uids: [uid],
    reservedAt: '',
  }));
  return { compactedThrough: '0', reservations, recovering: false };
}

it('times a uid since it was first in the journal, however often the journal is written', () => {
  const doubts = createDoubts();
  doubts.follow(journalOf('1'), 100);
  doubts.follow(journalOf('1', '2'), 200);
  expect(doubts.get('1')).toMatchObject({ name: 'name-1', since: 100 });
  expect(doubts.get('2')).toMatchObject({ since: 200 });
  expect(Array.from(doubts.all(), ({ uid }) => uid)).toEqual(['1', '2']);
});

it('forgets what left the journal, and times it anew should it come back', () => {
  const doubts = createDoubts();
  doubts.follow(journalOf('1'), 100);
  doubts.free('1');
  doubts.follow(journalOf(), 200);
  expect(doubts.get('1')).toBeUndefined();
  doubts.follow(journalOf('1'), 300);
  expect(doubts.get('1')?.since).toBe(300);
  expect(doubts.isFree('1')).toBe(false);
});

it('keeps free what was freed while it is in the journal', () => {
  const doubts = createDoubts();
  doubts.follow(journalOf('1', '2'), 100);
  doubts.free('1');
  doubts.follow(journalOf('1', '2'), 200);
  expect([doubts.isFree('1'), doubts.isFree('2')]).toEqual([true, false]);
});

it('frees nothing that is not in the journal', () => {
  const doubts = createDoubts();
  doubts.free('1');
  doubts.follow(journalOf('1'), 100);
  expect(doubts.isFree('1')).toBe(false);
});
