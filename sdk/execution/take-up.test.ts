import { expect, test } from 'vitest';
import type { KubernetesExecutionStatus } from '../../src/api/kubernetes-execution.ts';
import type { StoredExecution } from './stored-execution.ts';
import { mostInterruptions, takeUp } from './take-up.ts';

function stored(status: KubernetesExecutionStatus | undefined, deleted = false): StoredExecution {
  return {
    metadata: {
      name: 'heal-step-1',
      uid: 'uid',
      resourceVersion: '1',
      ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    ...(status && { status }),
  };
}

const unansweredToo = { phase: 'executing', attempts: 4, executor: 'gone', unanswered: 2 } as const;
const executing = { phase: 'executing', attempts: 2, executor: 'gone', interruptions: 1 } as const;

test.each([
  ['a new execution', stored(undefined), { decision: 'attempt', attempt: 1, interruptions: 0 }],
  ['one that was validated', stored({ phase: 'validated' }), { decision: 'attempt', attempt: 1 }],
  [
    'one that waits between two attempts',
    stored({ phase: 'pending', attempts: 2, interruptions: 1 }),
    { decision: 'attempt', attempt: 3, interruptions: 1 },
  ],
  ['one that was interrupted', stored(executing), { decision: 'attempt', attempt: 3, interruptions: 2 }],
  [
    'one that was interrupted, and had had no answers',
    stored(unansweredToo),
    { decision: 'attempt', attempt: 5, interruptions: 1, unanswered: 2 },
  ],
  ['one that is settled', stored({ phase: 'failed' }), { decision: 'leave' }],
  ['one that others execute', stored({ phase: 'executing' }), { decision: 'leave' }],
  ['one that others are to approve', stored({ phase: 'waiting_approval' }), { decision: 'leave' }],
  ['a new one that is being deleted', stored(undefined, true), { decision: 'fail' }],
  ['an interrupted one that is being deleted', stored(executing, true), { decision: 'fail' }],
])('%s is taken up as what it is', (_, execution, expected) => {
  expect(takeUp(execution, { repeatable: true })).toMatchObject(expected);
});

test('what was interrupted again and again is ended: it may be what interrupts', () => {
  const often = { ...executing, attempts: 11, interruptions: mostInterruptions };
  expect(takeUp(stored(often), { repeatable: true })).toEqual({
    decision: 'fail',
    message: expect.stringMatching(/^Attempt 11 was interrupted.*interrupted 10 times before/),
  });
  const once = { ...often, interruptions: mostInterruptions - 1 };
  expect(takeUp(stored(once), { repeatable: true })).toMatchObject({ decision: 'attempt' });
});

test('what must not be done twice is not begun again where it was interrupted', () => {
  expect(takeUp(stored(executing), { repeatable: false })).toEqual({
    decision: 'fail',
    message: expect.stringMatching(/^Attempt 2 was interrupted.*cannot be known/),
  });
  expect(takeUp(stored({ phase: 'pending', attempts: 2 }), { repeatable: false })).toMatchObject({
    attempt: 3,
  });
});
