import { describe, expect, it } from 'vitest';
import { hashOf, makeApprovable, type ApprovalNotes } from '../../../test/builders/approvable-builder.ts';
import { approvalState, approvingCommand, decisionOf, effectiveThreshold } from './workflow-approval.ts';

const approval = { approved: 'true', approvedBy: 'ann', approvedSpec: hashOf('a') };

describe('BR-WF-169: the threshold that holds', () => {
  it.each([
    ['is the current one for a workflow from before the installation', undefined, 10, 10],
    ['is the stamped one where it was lowered since', '20', 10, 20],
    ['is the current one where it was raised since', '10', 20, 20],
    ['is the current one where the stamp is no number', '1e3', 10, 10],
    ['is the current one where the stamp is empty', '', 10, 10],
    ['is the current one where the stamp is below zero', '-1', 10, 10],
    ['is the current one where the stamp is absurd', '9'.repeat(10), 10, 10],
  ])('%s', (_, stamped, current, effective) => {
    expect(effectiveThreshold(stamped, current)).toBe(effective);
  });
});

describe('BR-WF-169: a workflow of twelve steps', () => {
  it.each<[string, ApprovalNotes, number, string]>([
    ['waits', { threshold: '10' }, 10, 'waiting'],
    ['from before the installation waits, because it is counted', {}, 10, 'waiting'],
    ['needs nothing under a threshold of twelve', { threshold: '12' }, 12, 'not-required'],
    ['waits under a threshold of eleven', { threshold: '11' }, 11, 'waiting'],
    ['is released when the threshold is raised', { threshold: '10' }, 12, 'not-required'],
    ['is untouched when the threshold is lowered', { threshold: '12' }, 10, 'not-required'],
    ['is approved', { threshold: '10', ...approval }, 10, 'approved'],
    ['is approved by its hash', { ...approval, approved: hashOf('a') }, 10, 'approved'],
    ['is not approved for another spec', { ...approval, approvedSpec: hashOf('b') }, 10, 'waiting'],
    ['is not approved by the word alone', { approved: 'true' }, 10, 'waiting'],
    ['is not approved by nobody', { ...approval, approvedBy: '' }, 10, 'waiting'],
    ['is not approved without a spec', { approved: 'true', approvedBy: 'ann' }, 10, 'waiting'],
    ['is rejected', { ...approval, approved: 'false' }, 10, 'rejected'],
    ['is rejected though it needs no approval any more', { ...approval, approved: 'false' }, 20, 'rejected'],
    [
      'is not rejected for another spec',
      { ...approval, approved: 'false', approvedSpec: hashOf('b') },
      10,
      'waiting',
    ],
  ])('%s', (_, notes, threshold, state) => {
    expect(approvalState(makeApprovable(notes), threshold)).toBe(state);
  });

  it('has no decision without one', () => {
    expect(decisionOf(makeApprovable())).toBeUndefined();
  });

  it('is approved by a command that carries what was read', () => {
    expect(approvingCommand(makeApprovable())).toBe(
      `kubectl annotate workflowexecution big -n shop --overwrite kubernaut.io/approved=${hashOf('a')}`,
    );
  });

  it('is approved in two steps where that very value is stored and does not count', () => {
    expect(approvingCommand(makeApprovable({}, { uncountedDecision: hashOf('a') }))).toBe(
      'kubectl annotate workflowexecution big -n shop kubernaut.io/approved- && ' +
        `kubectl annotate workflowexecution big -n shop --overwrite kubernaut.io/approved=${hashOf('a')}`,
    );
    expect(approvingCommand(makeApprovable({}, { uncountedDecision: 'true' }))).not.toContain('&&');
  });
});
