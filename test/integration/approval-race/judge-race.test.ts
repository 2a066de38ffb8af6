import { expect, it } from 'vitest';
import { unapprovedExecutions, type AdmittedExecution, type WorkflowState } from './judge-race.ts';

const small: WorkflowState = { revision: 10, answeredAt: 100, steps: 10, approved: false, version: 1 };
const grown: WorkflowState = { revision: 20, answeredAt: 200, steps: 12, approved: false, version: 2 };
const approved: WorkflowState = { ...grown, revision: 30, answeredAt: 300, approved: true };
const edited: WorkflowState = { ...grown, revision: 40, answeredAt: 400, version: 3 };
const states = [edited, small, approved, grown];

it.each<[string, Omit<AdmittedExecution, 'name'>, boolean]>([
  ['of a small workflow', { sentAt: 150, revision: 15, version: 1 }, true],
  [
    'sent before the answer to the edit that makes it a big one',
    { sentAt: 199, revision: 25, version: 1 },
    true,
  ],
  ['sent after it', { sentAt: 201, revision: 25, version: 1 }, false],
  [
    'of a big workflow that is approved while it is under way',
    { sentAt: 201, revision: 31, version: 2 },
    true,
  ],
  ['of what was never approved', { sentAt: 301, revision: 35, version: 1 }, false],
  ['of what was approved', { sentAt: 301, revision: 35, version: 2 }, true],
  ['of what is edited while it is under way', { sentAt: 350, revision: 45, version: 2 }, true],
  ['of what was edited before', { sentAt: 401, revision: 45, version: 2 }, false],
])('an execution %s', (_, execution, isRight) => {
  const wrong = unapprovedExecutions(states, [{ name: 'e', ...execution }]);
  expect(wrong.length === 0).toBe(isRight);
});
