import { expect, test } from 'vitest';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { answerOf, isInTable } from './answer.ts';

const calm = { kills: false, pause: false };

test('a denial of ours is told from the API server turning clients away', () => {
  const ours = new KubeStatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: 'all slots are taken',
    details: {
      causes: [
        { reason: 'ParallelLimitReached', message: 'all slots are taken' },
        { reason: 'SlotHeld', field: 'step-1', message: 'Execution "step-1" is being created.' },
      ],
    },
  });
  expect(answerOf(ours)).toMatchObject({
    reason: 'ParallelLimitReached',
    holders: [{ name: 'step-1', reserved: true }],
  });
  const others = new KubeStatusError({ code: 429, reason: 'TooManyRequests', message: 'slow down' });
  expect(answerOf(others).reason).toBe('429 TooManyRequests');
  expect(isInTable('create', '429 TooManyRequests', calm)).toBe(false);
});

test('a lost replica excuses a failed call only where replicas are killed', () => {
  const error = new KubeStatusError({
    code: 500,
    reason: 'InternalError',
    message: 'Internal error occurred: failed calling webhook "x": EOF',
  });
  const { reason } = answerOf(error);
  expect(isInTable('create', reason, { kills: true, pause: false })).toBe(true);
  expect(isInTable('create', reason, calm)).toBe(false);
});

test('a name that exists is an answer to a create, and none to an apply; nothing revives', () => {
  expect(isInTable('duplicate', 'AlreadyExists', calm)).toBe(true);
  expect(isInTable('apply', 'AlreadyExists', calm)).toBe(false);
  expect(isInTable('revive', 'ok', calm)).toBe(false);
  expect(isInTable('revive', '422 Invalid', calm)).toBe(true);
});
