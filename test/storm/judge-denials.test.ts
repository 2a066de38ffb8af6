import { expect, test } from 'vitest';
import { okAnswer } from './answer.ts';
import { judgeDenials } from './judge-denials.ts';
import { createLimitTimeline } from './limit-timeline.ts';
import { lostSlots, phantomSlots } from './lost-slots.ts';
import type { Answer, CreateRecord, HistoryEvent } from './records.ts';
import { slotIntervals } from './slot-intervals.ts';

const workflow = 'shop/restart';

function denied(...holders: readonly string[]): Answer {
  return {
    reason: 'ParallelLimitReached',
    ok: false,
    holders: holders.map((name) => ({ name, reserved: true })),
    message: '',
  };
}

function create(id: string, startedAt: number, endedAt: number, answer: Answer = okAnswer): CreateRecord {
  return { id, operation: 'create', workflow, name: id, startedAt, endedAt, answer, recovering: false };
}

/** Sees what was admitted at the end of its create. */
function seen(record: CreateRecord, change: Partial<HistoryEvent> = {}): HistoryEvent {
  const { id } = record;
  return {
    receivedAt: record.endedAt,
    resourceVersion: '1',
    type: 'ADDED',
    namespace: 'shop',
    name: id,
    uid: id,
    workflow,
    settled: false,
    request: id,
    ...change,
  };
}

function judge(records: readonly CreateRecord[], events: readonly HistoryEvent[], limit: number) {
  const creates = new Map(records.map((record) => [record.id, record]));
  return judgeDenials(records, slotIntervals(events, creates), createLimitTimeline(limit));
}

test('a denial is right where slots were taken at some instant of it, by executions or by creates under way', () => {
  const active = create('active', 0, 10);
  const underWay = create('under-way', 95, 150);
  const denial = create('denial', 100, 200, denied('active', 'under-way'));
  const events = [seen(active), seen(underWay)];
  expect(judge([active, underWay, denial], events, 2).unjustified).toEqual([]);
  expect(judge([active, underWay, denial], events, 3).unjustified).toMatchObject([{ held: 2, limit: 3 }]);
});

test('an execution that was seen settled before is no reason, and is named as what it is', () => {
  const active = create('active', 0, 10);
  const events = [seen(active), seen(active, { type: 'MODIFIED', settled: true, receivedAt: 90 })];
  const denial = create('denial', 100, 110, denied('active'));
  const { unjustified } = judge([active, denial], events, 1);
  expect(unjustified).toMatchObject([
    { held: 0, phantoms: [{ cause: 'an execution that had settled or gone', since: 10 }] },
  ]);
  expect(judge([active, create('denial', 80, 110, denied('active'))], events, 1).unjustified).toEqual([]);
});

test('a create that is denied too is a reason in the loose count, and none in the strict one', () => {
  const one = create('one', 0, 10, denied('two'));
  const two = create('two', 5, 15, denied('one'));
  const { unjustified, unjustifiedStrictly, denied: count } = judge([one, two], [], 1);
  expect(count).toBe(2);
  expect(unjustified).toEqual([]);
  expect(unjustifiedStrictly).toHaveLength(2);
});

test('a slot is lost from a denial without a reason until the next create is admitted', () => {
  const failed = create('failed', 0, 10, { ...denied(), reason: '500 failed calling webhook' });
  const denial = create('denial', 100, 110, denied('failed'));
  const again = create('again', 1_000, 1_010, denied('failed'));
  const admitted = create('admitted', 5_000, 5_100);
  const records = [failed, denial, again, admitted];
  const { unjustifiedStrictly } = judge(records, [seen(admitted)], 1);
  expect(unjustifiedStrictly[0]?.phantoms).toMatchObject([
    { name: 'failed', cause: 'create answered 500 failed calling webhook', since: 100 },
  ]);
  expect(phantomSlots(unjustifiedStrictly)).toEqual([
    { cause: 'reserved: create answered 500 failed calling webhook', milliseconds: 1_000 },
  ]);
  expect(lostSlots(records, unjustifiedStrictly)).toEqual([
    { workflow, from: 100, to: 5_100, slots: 1, over: true },
  ]);
  expect(lostSlots(records.slice(0, 3), unjustifiedStrictly)).toEqual([
    { workflow, from: 100, to: 1_010, slots: 1, over: false },
  ]);
});
