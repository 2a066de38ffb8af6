import { expect, it } from 'vitest';
import { type AdmittedDecision, createAdmittedDecisions } from './admitted-decisions.ts';

function decisions() {
  const all = createAdmittedDecisions();
  const told: string[] = [];
  const admit = (label: string, more: Partial<AdmittedDecision> = {}): void =>
    all.add({
      namespace: 'shop',
      name: 'w',
      uid: 'uid',
      base: '10',
      annotations: { approved: 'true', by: 'jane', reason: undefined },
      stored: () => void told.push(label),
      ...more,
    });
  const show = (resourceVersion: string, annotations?: Record<string, string>, uid = 'uid'): void =>
    all.shown({
      metadata: { namespace: 'shop', name: 'w', uid, resourceVersion, ...(annotations && { annotations }) },
    });
  return { all, told, admit, show };
}

const stamped = { approved: 'true', by: 'jane', other: 'x' };

it('is told once, when the next revision is that of the write', () => {
  const { all, told, admit, show } = decisions();
  admit('approved');
  show('9');
  show('10');
  expect([told, all.size]).toEqual([[], 1]);
  show('11', stamped);
  show('12', stamped);
  expect([told, all.size]).toEqual([['approved'], 0]);
});

it.each([
  ['another write', { by: 'jane' }],
  ['the same by another user', { ...stamped, by: 'joe' }],
  ['one that leaves what should be gone', { ...stamped, reason: 'x' }],
  ['one without annotations', undefined],
])('is not told when the next revision is that of %s, and never after', (_, annotations) => {
  const { all, told, admit, show } = decisions();
  admit('approved');
  show('11', annotations);
  show('12', stamped);
  expect([told, all.size]).toEqual([[], 0]);
});

it('is told of the try that was stored, not of the one before that met a conflict', () => {
  const { told, admit, show } = decisions();
  admit('first try');
  admit('second try', { base: '11' });
  show('11');
  show('12', stamped);
  expect(told).toEqual(['second try']);
});

it('compares revisions as numbers', () => {
  const { told, admit, show } = decisions();
  admit('approved', { base: '99' });
  show('9');
  show('100', stamped);
  expect(told).toEqual(['approved']);
});

it('is told of a create when its uid is shown, and of no other object of that name', () => {
  const { told, admit, show } = decisions();
  admit('created', { base: undefined, uid: 'new' });
  show('11', stamped);
  expect(told).toEqual([]);
  show('12', stamped, 'new');
  expect(told).toEqual(['created']);
});

it('is forgotten with its object', () => {
  const { all, admit } = decisions();
  admit('approved');
  all.gone({ metadata: { namespace: 'shop', name: 'w', uid: 'uid', resourceVersion: '11' } });
  expect(all.size).toBe(0);
});

it('has bounded room, and what one namespace loses pushes out nothing of another', () => {
  const { all, told, admit, show } = decisions();
  admit('approved');
  for (let index = 0; index < 1_000; index += 1) admit('lost', { namespace: 'noisy', uid: `${index}` });
  expect(all.size).toBe(129);
  show('11', stamped);
  expect(told).toEqual(['approved']);
  for (let index = 0; index < 10_000; index += 1) admit('lost', { namespace: `n${index}` });
  expect(all.size).toBe(4_096);
});
