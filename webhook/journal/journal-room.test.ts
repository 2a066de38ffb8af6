import { describe, expect, it } from 'vitest';
import type { JournalContent, Reservation } from './journal.ts';
import { markSize, reservationSize, roomForMarks, roomForReservations } from './journal-room.ts';
import { planBatch } from './plan-batch.ts';
import type { SlotRequest } from './slot-request.ts';

const uid = (index: number): string => `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`;
const longest = (index: number): string => `${index}-`.padEnd(253, 'x');

/** What creates of these names answer in a namespace that limits none of them, and the journal then. */
function fill(names: readonly string[], journal: JournalContent, changes: Partial<SlotRequest> = {}) {
  const requests = names.map((name, index) => ({
    name,
    uid: uid(index),
    workflow: longest(0),
    dryRun: false,
    apply: true,
    enforce: false,
    deadline: 0,
    ...changes,
  }));
  const { decisions, write } = planBatch({
    namespace: 'n',
    view: { revision: '9', active: () => new Map<string, string>() },
    journal,
    uids: { seenAt: () => undefined, isFree: () => false },
    limit: 5,
    reservedAt: '2030-01-01T00:00:00.000Z',
    requests,
  });
  return { kinds: decisions.map(({ outcome }) => outcome.kind), journal: write ?? journal };
}

const empty: JournalContent = { compactedThrough: '1', reservations: [], recovering: false };
/** As it may be stored later. */
const aged = ({ reservations }: JournalContent): Reservation[] =>
  reservations.map((entry) => ({ ...entry, ages: entry.uids.map(() => 99_999) }));
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('a journal', () => {
  it('of the longest names is full before it is too large to be written', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => longest(index));
    const { kinds, journal } = fill(names, empty);
    expect(new Set(kinds)).toEqual(new Set(['admitted', 'journalFull']));
    expect(bytes(aged(journal))).toBeLessThanOrEqual(roomForReservations);
    expect(bytes(aged(journal))).toBeGreaterThan(0.8 * roomForReservations);
    // A dry run is answered as a create would be; one that is written down was admitted.
    expect(fill([longest(9_999)], journal, { uid: 'z', dryRun: true }).kinds).toEqual(['journalFull']);
    expect(fill([longest(9_999)], journal, { uid: 'z', enforce: true }).kinds).toEqual(['limitReached']);
    expect(fill(names.slice(0, 1), journal).kinds).toEqual(['admitted']);
  });

  it('of one name that is applied again and again is full before it is too large to be written', () => {
    const uids = Array.from({ length: 18_400 }, (_, index) => uid(1_000_000 + index));
    const before = { ...empty, reservations: [{ name: 'one', workflow: longest(0), uids, reservedAt: '' }] };
    const applies = Array.from({ length: 500 }, () => 'one');
    const { kinds, journal } = fill(applies, before);
    expect([kinds[0], kinds.at(-1)]).toEqual(['admitted', 'journalFull']);
    expect(bytes(aged(journal))).toBeLessThanOrEqual(roomForReservations);
    expect(bytes(aged(journal))).toBeGreaterThan(0.8 * roomForReservations);
  });

  it('leaves etcd room for the rest of the object', () => {
    expect(roomForReservations + roomForMarks).toBeLessThan(1_300_000);
  });
});

it('the size of an entry is at least what it takes', () => {
  const reservation: Reservation = {
    name: 'a',
    workflow: 'w',
    uids: [uid(1), uid(2)],
    steps: ['é\u0001', '2'],
    ages: [99_999, 99_999],
    reservedAt: '2030-01-01T00:00:00.000Z',
  };
  expect(reservationSize(reservation)).toBeGreaterThanOrEqual(bytes(reservation) + 1);
  const mark = { workflow: 'w', by: uid(1) };
  expect(markSize(mark)).toBeGreaterThanOrEqual(bytes(mark) + 1);
});
