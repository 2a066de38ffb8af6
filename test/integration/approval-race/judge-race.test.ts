import { describe, expect, it } from 'vitest';
import { decisionsOnAnotherSpec, unapprovedExecutions, unfoundedThresholds } from './judge-race.ts';
import type { AdmittedExecution, RaisedThreshold, WorkflowState } from './race-history.ts';

const small: WorkflowState = {
  revision: 10,
  sentAt: 90,
  answeredAt: 100,
  steps: 10,
  decision: undefined,
  approvedSpec: undefined,
  specHash: 'one',
  threshold: 10,
  version: 1,
  isNewSpec: true,
};
const later = (state: WorkflowState, by: number): WorkflowState => ({
  ...state,
  revision: state.revision + by,
  sentAt: state.sentAt + 10 * by,
  answeredAt: state.answeredAt + 10 * by,
  isNewSpec: false,
});
const grown: WorkflowState = { ...later(small, 10), steps: 12, specHash: 'two', version: 2, isNewSpec: true };
const approved: WorkflowState = { ...later(grown, 10), decision: 'approved', approvedSpec: 'two' };
const edited: WorkflowState = {
  ...later(grown, 20),
  specHash: 'three',
  version: 3,
  isNewSpec: true,
};
const back: WorkflowState = { ...later(grown, 30) };
const rejected: WorkflowState = { ...later(grown, 40), decision: 'rejected', approvedSpec: 'two' };
const states = [edited, small, rejected, approved, grown, back];

type Admission = Omit<AdmittedExecution, 'name' | 'answeredAt'>;
const admit = (admission: Admission): AdmittedExecution => ({
  name: 'e',
  answeredAt: admission.sentAt + 20,
  ...admission,
});

describe('an execution', () => {
  it.each<[string, Admission, boolean]>([
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
    ['of what was approved once, and came back by an edit', { sentAt: 501, revision: 55, version: 2 }, false],
    ['of what was rejected', { sentAt: 601, revision: 65, version: 2 }, false],
  ])('%s', (_, admission, isRight) => {
    const wrong = unapprovedExecutions({ states, admitted: [admit(admission)], raised: [] });
    expect(wrong.length === 0).toBe(isRight);
  });

  const raised: RaisedThreshold = { from: 510, until: 560, threshold: 12 };
  it.each<[string, Admission, boolean]>([
    ['before the threshold is raised', { sentAt: 480, revision: 55, version: 2 }, false],
    ['while it is', { sentAt: 505, revision: 55, version: 2 }, true],
    ['after it was lowered', { sentAt: 561, revision: 55, version: 2 }, false],
    ['of what was rejected while it is raised', { sentAt: 601, revision: 65, version: 2 }, false],
  ])('sent %s', (_, admission, isRight) => {
    const long = { ...raised, until: admission.sentAt > 600 ? Number.POSITIVE_INFINITY : raised.until };
    const history = { states, admitted: [admit(admission)], raised: [long] };
    expect(unapprovedExecutions(history).length === 0).toBe(isRight);
  });

  it('of a workflow that was written while the threshold was raised', () => {
    const free = { ...grown, threshold: 12 };
    const admitted = [admit({ sentAt: 201, revision: 25, version: 9 })];
    expect(unapprovedExecutions({ states: [small, free], admitted, raised: [] })).toEqual([]);
  });
});

it('a decision is for the spec beside it', () => {
  const history = { states, admitted: [], raised: [] };
  expect(decisionsOnAnotherSpec(history)).toEqual([]);
  const wrong = { ...approved, specHash: 'three' };
  expect(decisionsOnAnotherSpec({ ...history, states: [...states, wrong] })).toEqual([wrong]);
});

it('a threshold on a new spec was in force while that was written', () => {
  const high = { ...edited, threshold: 12 };
  const history = { states: [high, { ...back, threshold: 12 }], admitted: [], raised: [] };
  expect(unfoundedThresholds(history)).toEqual([high]);
  const raised = [{ from: 395, until: 396, threshold: 12 }];
  expect(unfoundedThresholds({ ...history, raised })).toEqual([]);
});
