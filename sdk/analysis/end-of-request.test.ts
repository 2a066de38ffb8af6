import { expect, it } from 'vitest';
import type { AIApprovalRequestStatus } from '../../src/api/ai-approval-request.ts';
import { endOfRequest } from './end-of-request.ts';

const expired = {
  conditions: [
    {
      type: 'Expired',
      status: 'True',
      reason: 'TimedOut',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
} satisfies AIApprovalRequestStatus;
const checked = { decidedBy: 'jane', decidedAt: '2026-01-01T00:00:00Z', decidedUnder: 'an-installation' };

it.each<[string, AIApprovalRequestStatus | undefined, string | undefined]>([
  ['waits without a status', undefined, undefined],
  ['waits with an empty one', {}, undefined],
  ['is approved', { decision: 'Approved', ...checked }, 'Approved'],
  ['is rejected', { decision: 'Rejected', ...checked }, 'Rejected'],
  ['has expired', expired, 'Expired'],
  [
    'was decided before it was declared expired',
    { decision: 'Approved', ...checked, ...expired },
    'Approved',
  ],
  ['waits where nobody has checked the decision', { decision: 'Approved', decidedBy: 'jane' }, undefined],
  ['expires with a decision that nobody has checked', { decision: 'Approved', ...expired }, 'Expired'],
])('a request %s', (_, status, end) => {
  expect(endOfRequest(status === undefined ? {} : { status })?.kind).toBe(end);
});
