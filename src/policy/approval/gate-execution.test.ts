import { describe, expect, it } from 'vitest';
import { hashOf, makeApprovable, type ApprovalNotes } from '../../../test/builders/approvable-builder.ts';
import type { NormalisedStep } from '../../api/normalised-workflow.ts';
import { gateExecution, type ExecutionContent } from './gate-execution.ts';

const step: NormalisedStep = {
  stepNumber: 2,
  action: 'scale_deployment',
  parameters: { namespace: 'shop', replicas: 3 },
  dependencies: [],
  unknownDependencies: [],
  criticalStep: false,
  maxRetries: 0,
  targetCluster: 'east',
  rollback: { action: 'scale_deployment', parameters: { namespace: 'shop', replicas: 2 } },
};
const plain: NormalisedStep = { ...step, stepNumber: 3, parameters: {}, targetCluster: '' };
const approval: ApprovalNotes = { approved: 'true', approvedBy: 'ann', approvedSpec: hashOf('a') };
const content: ExecutionContent = {
  stepNumber: 2,
  action: 'scale_deployment',
  parameters: { replicas: 3, namespace: 'shop' },
  targetCluster: 'east',
  serviceAccountName: 'healer',
};

function gate(change: Partial<ExecutionContent> = {}, notes = approval, threshold = 10) {
  const workflow = { ...makeApprovable(notes), steps: [step, plain], serviceAccountName: 'healer' };
  return gateExecution({ ...content, ...change }, workflow, threshold);
}

describe('under an approved workflow', () => {
  it.each<[string, Partial<ExecutionContent>, string]>([
    ['a step of it runs, its parameters in whatever order', {}, '2'],
    ['the rollback of a step runs, as that step', { parameters: { namespace: 'shop', replicas: 2 } }, '2'],
    [
      "a step that names no cluster runs, '' or absent",
      { stepNumber: 3, parameters: {}, targetCluster: undefined },
      '3',
    ],
  ])('%s', (_, change, passed) => {
    expect(gate(change)).toEqual({ step: passed });
  });

  it.each<[string, Partial<ExecutionContent>, string, string]>([
    [
      'another action',
      { action: 'delete_pod' },
      'spec.action',
      'action of step 2 is "delete_pod", approved was "scale_deployment"',
    ],
    [
      'another parameter',
      { parameters: { namespace: 'shop', replicas: 9 } },
      'spec.parameters',
      'parameters of step 2 is {"namespace":"shop","replicas":9}, approved was {"namespace":"shop","replicas":3}',
    ],
    [
      'a parameter more',
      { parameters: { ...content.parameters, force: true } },
      'spec.parameters',
      '"force":true',
    ],
    [
      'a text for a number',
      { parameters: { namespace: 'shop', replicas: '3' } },
      'spec.parameters',
      '"replicas":"3"',
    ],
    ['no parameters', { parameters: {} }, 'spec.parameters', 'is {}'],
    ['another cluster', { targetCluster: 'west' }, 'spec.targetCluster', '"west", approved was "east"'],
    [
      'no cluster where one was approved',
      { targetCluster: '' },
      'spec.targetCluster',
      'is null, approved was "east"',
    ],
    ['another ServiceAccount', { serviceAccountName: 'admin' }, 'spec.serviceAccountName', '"admin"'],
    [
      'no ServiceAccount where one was approved',
      { serviceAccountName: undefined },
      'spec.serviceAccountName',
      'null',
    ],
    ['a step that there is not', { stepNumber: 7 }, 'spec.stepNumber', 'no step 7'],
    [
      'the content of one step under the number of another',
      { stepNumber: 3 },
      'spec.parameters',
      'of step 3',
    ],
    [
      'the rollback on another cluster',
      { parameters: { namespace: 'shop', replicas: 2 }, targetCluster: 'west' },
      'spec.parameters',
      'of step 2',
    ],
    [
      'parameters too long to print',
      { parameters: { text: 'x'.repeat(10_000) } },
      'spec.parameters',
      'x…, approved was',
    ],
  ])('%s is refused, with the first difference', (_, change, field, says) => {
    const refusal = gate(change);
    expect(refusal).toMatchObject({
      code: 403,
      causes: [{ reason: 'NotTheApprovedStep', field, message: expect.stringContaining(says) }],
    });
    expect('message' in refusal && refusal.message.length).toBeLessThan(700);
  });
});

describe('under any other workflow', () => {
  it('that waits, nothing runs, and the command that approves is told', () => {
    expect(gate({}, {})).toMatchObject({
      code: 403,
      causes: [
        {
          reason: 'ApprovalRequired',
          message: expect.stringContaining(`-n shop --overwrite kubernaut.io/approved=${hashOf('a')}`),
        },
      ],
    });
  });

  it('that was rejected, nothing runs', () => {
    expect(gate({}, { ...approval, approved: 'false' })).toMatchObject({
      causes: [{ reason: 'WorkflowIsOver' }],
    });
  });

  it('that was approved for another spec, nothing runs', () => {
    expect(gate({}, { ...approval, approvedSpec: hashOf('b') })).toMatchObject({
      causes: [{ reason: 'ApprovalRequired' }],
    });
  });

  it('that needs no approval, anything runs', () => {
    expect(gate({ action: 'anything', stepNumber: 99 }, {}, 12)).toEqual({ step: undefined });
  });
});
