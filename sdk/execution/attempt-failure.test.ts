import { expect, test } from 'vitest';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';
import { failureOf, resultOf } from './attempt-failure.ts';
import type { AttemptOutcome } from './attempt.ts';
import { cannotKnow } from './take-up.ts';

const threw = (error: unknown): AttemptOutcome => ({ outcome: 'threw', error });
const broken = threw(new KubeConnectionError('broken', 'PATCH /x: read ECONNRESET'));
const unreachable = threw(new KubeConnectionError('unreachable', 'PATCH /x: connect ECONNREFUSED'));
const timeout = '5s';

test.each([
  ['an error of its own', threw(new Error('no such flag')), 'retry', 'retry'],
  ['a connection that broke', broken, 'resume', 'end'],
  ['an API server that is away', unreachable, 'resume', 'retry'],
  ['its time', { outcome: 'timed-out' } as const, 'retry', 'end'],
  ['not stopping', { outcome: 'not-stopped', because: 'timed-out' } as const, 'end', 'end'],
])('an attempt that ended with %s', (_, outcome, repeatable, once) => {
  expect(failureOf(outcome, { repeatable: true, timeout })?.next).toBe(repeatable);
  expect(failureOf(outcome, { repeatable: false, timeout })?.next).toBe(once);
});

test('people are told which request had no answer, and what is not known', () => {
  expect(failureOf(broken, { repeatable: true, timeout })?.message).toBe(
    'The API server could not answer: PATCH /x: read ECONNRESET.',
  );
  expect(failureOf(broken, { repeatable: false, timeout })?.message).toBe(
    `PATCH /x: read ECONNRESET. ${cannotKnow}`,
  );
  expect(failureOf(unreachable, { repeatable: false, timeout })?.message).not.toContain(cannotKnow);
});

test('metrics tell it from a failure', () => {
  expect(resultOf(broken)).toBe('unanswered');
  expect(resultOf(threw(new Error('no')))).toBe('failed');
});

test('what is no failure of the action is none', () => {
  expect(failureOf({ outcome: 'returned', value: 1 }, { repeatable: true, timeout })).toBeUndefined();
  expect(failureOf({ outcome: 'aborted' }, { repeatable: false, timeout })).toBeUndefined();
});
