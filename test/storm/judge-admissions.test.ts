import { expect, test } from 'vitest';
import { judgeAdmissions } from './judge-admissions.ts';
import { createLimitTimeline } from './limit-timeline.ts';
import type { CreateRecord, HistoryEvent } from './records.ts';

const nobody: ReadonlyMap<string, CreateRecord> = new Map();

let revision = 0;
function event(name: string, change: Partial<HistoryEvent> = {}): HistoryEvent {
  revision += 1;
  return {
    receivedAt: 100_000 + revision,
    resourceVersion: String(revision),
    type: 'ADDED',
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    workflow: 'shop/restart',
    settled: false,
    request: undefined,
    ...change,
  };
}
const added = (count: number): HistoryEvent[] =>
  Array.from({ length: count }, (_, index) => event(`e${index}`));
const kinds = (events: readonly HistoryEvent[], limits = createLimitTimeline(5)): string[] =>
  judgeAdmissions(events, nobody, limits).violations.map(({ kind }) => kind);

test('five active executions are none too many, the sixth is', () => {
  expect(judgeAdmissions(added(5), nobody, createLimitTimeline(5))).toEqual({
    violations: [],
    maxActive: 5,
    highestLimit: 5,
  });
  const { violations, maxActive } = judgeAdmissions(added(6), nobody, createLimitTimeline(5));
  expect(maxActive).toBe(6);
  expect(violations).toMatchObject([{ kind: 'over the limit', name: 'e5', limit: 5 }]);
});

test('one that settled or is gone holds no slot; another workflow has slots of its own', () => {
  const settled = event('e0', { type: 'MODIFIED', settled: true });
  const gone = event('e1', { type: 'DELETED' });
  expect(kinds([...added(5), settled, event('e5'), gone, event('e6')])).toEqual([]);
  expect(kinds([...added(5), event('other', { workflow: 'shop/other' })])).toEqual([]);
});

test('what comes back from settled or moves is a violation, even where there is room', () => {
  expect(
    kinds([event('e0'), event('e0', { type: 'MODIFIED', settled: true }), event('e0', { type: 'MODIFIED' })]),
  ).toEqual(['came back from settled']);
  expect(kinds([event('e0'), event('e0', { type: 'MODIFIED', workflow: 'shop/other' })])).toEqual(['moved']);
  expect(kinds([event('e0', { workflow: undefined })])).toEqual(['has no workflow']);
});

test('a lowered limit harms nothing that is there, and binds what comes', () => {
  const events = added(5);
  const at = (events.at(-1)?.receivedAt ?? 0) + 10;
  const limits = createLimitTimeline(5);
  limits.confirmed(limits.began(3, at), at + 10);
  expect(kinds(events, limits)).toEqual([]);
  const settled = event('e0', { type: 'MODIFIED', settled: true, receivedAt: at + 20 });
  const late = event('late', { receivedAt: at + 60_000 });
  expect(kinds([...events, settled, late], limits)).toEqual(['over the limit']);
});
