import { describe, expect, it, vi } from 'vitest';
import { annotationsOf, type ApprovalNotes } from '../../test/builders/approvable-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { approvable } from '../approval/approvable.ts';
import type { WorkflowFacts } from '../cluster/live-workflows.ts';
import type { ActiveStep } from '../cluster/step-lister.ts';
import { passGate, type GateResult } from './pass-gate.ts';

const rollbackSpec = { action: 'scale_deployment', parameters: { replicas: '1' } };
const workflow = makeWorkflow('big').inNamespace('shop').steps(12, { rollbackSpec });
const approval: ApprovalNotes = {
  approved: 'true',
  approvedBy: 'ann',
  approvedSpec: approvable(workflow.build(), 'shop')?.specHash,
};

const approvedWorkflow = {
  ...workflow.build(),
  metadata: { name: 'big', annotations: annotationsOf(approval) },
};

/** What the watch shows of a workflow of twelve steps. */
const seen: WorkflowFacts = {
  state: 'live',
  stepCount: '12',
  threshold: '10',
  decision: 'true',
  seenAt: '5',
};
const stepTwo = { stepNumber: 2, action: 'scale_deployment', parameters: { replicas: '3' } };

interface Situation {
  readonly seen?: Partial<WorkflowFacts>;
  /** As a quorum read shows it. */
  readonly notes?: ApprovalNotes;
  readonly stored?: object | 'missing';
  readonly active?: readonly ActiveStep[];
  readonly spec?: unknown;
  readonly requireWorkflow?: boolean;
  readonly mustRead?: boolean;
  readonly threshold?: number;
}

async function pass(situation: Situation = {}) {
  const { notes = approval, active = [], spec = stepTwo, requireWorkflow = true, threshold = 10 } = situation;
  const { mustRead = false } = situation;
  const { stored = { ...workflow.build(), metadata: { name: 'big', annotations: annotationsOf(notes) } } } =
    situation;
  const read = vi.fn(async () =>
    stored === 'missing' ? stored : (approvable(stored, 'shop') ?? 'unreadable'),
  );
  const listSteps = vi.fn(async () => ({ listedAt: '77', steps: active }));
  const facts = { ...seen, ...situation.seen };
  const result = await passGate(
    { namespace: 'shop', name: 'big-step-2', spec, workflow: 'big', facts, mustRead },
    { workflows: { read }, listSteps, currentThreshold: threshold, requireWorkflow },
  );
  return { result, reads: read.mock.calls.length + listSteps.mock.calls.length };
}

const reasonOf = (result: GateResult) =>
  result.kind === 'passed'
    ? result.step
    : [result.kind, result.refusal.code, result.refusal.causes[0]?.reason];

describe('the gate reads nothing', () => {
  it.each<[string, Situation]>([
    ['for a workflow of ten steps', { seen: { stepCount: '10', decision: undefined } }],
    ['for one that its own threshold lets pass', { seen: { threshold: '12' } }],
    ['for one that the current threshold lets pass', { threshold: 12 }],
  ])('%s', async (_, situation) => {
    const { result, reads } = await pass(situation);
    expect(result).toEqual({ kind: 'passed', step: undefined, seenAt: '5' });
    expect(reads).toBe(0);
  });
});

describe('the gate reads the workflow and what it does', () => {
  it.each<[string, Situation, unknown]>([
    [
      'over the threshold: an approved step passes, and no other may do it meanwhile',
      {},
      { key: '2', listedAt: '77' },
    ],
    [
      'from before the installation: it counts for itself',
      { seen: { stepCount: undefined, threshold: undefined }, notes: {} },
      ['unapproved', 403, 'ApprovalRequired'],
    ],
    [
      'from before the installation, of a few steps: it passes',
      { seen: { stepCount: undefined }, stored: makeWorkflow('big').steps(3).build() },
      undefined,
    ],
    [
      'with a step count that is none',
      { seen: { stepCount: '' }, notes: {} },
      ['unapproved', 403, 'ApprovalRequired'],
    ],
    ['that waits', { notes: {} }, ['unapproved', 403, 'ApprovalRequired']],
    [
      'that was approved, but for something else',
      { notes: { ...approval, approvedSpec: 'sha256:other' } },
      ['unapproved', 403, 'ApprovalRequired'],
    ],
    [
      'that was rejected, whatever the threshold is',
      { seen: { decision: 'false' }, notes: { ...approval, approved: 'false' }, threshold: 20 },
      ['unapproved', 403, 'WorkflowIsOver'],
    ],
    [
      'that is not what the watch shows: rejected for another spec, and small',
      { seen: { decision: 'false', stepCount: '3' }, stored: makeWorkflow('big').steps(3).build() },
      undefined,
    ],
    [
      'that is big by now, where what the watch shows may be too old',
      { seen: { stepCount: '3', decision: undefined }, mustRead: true, notes: {} },
      ['unapproved', 403, 'ApprovalRequired'],
    ],
    ['whose spec cannot be read', { stored: { spec: {} } }, ['unapproved', 403, 'ApprovalRequired']],
    [
      'for an execution whose spec cannot be read',
      { spec: { stepNumber: 'two' } },
      ['unapproved', 403, 'ApprovalRequired'],
    ],
    [
      'for an execution whose parameters cannot be compared',
      { spec: { ...stepTwo, parameters: { replicas: 2 ** 60 } } },
      ['unapproved', 403, 'ApprovalRequired'],
    ],
    [
      'for another action',
      { spec: { ...stepTwo, action: 'delete_pod' } },
      ['unapproved', 403, 'NotTheApprovedStep'],
    ],
    [
      'that has settled since',
      { stored: workflow.phase('completed').build() },
      ['over', 403, 'WorkflowIsOver'],
    ],
    [
      'that is being deleted since',
      { stored: { ...workflow.build(), metadata: { deletionTimestamp: 'now' } } },
      ['over', 403, 'WorkflowIsOver'],
    ],
    ['that is gone since', { stored: 'missing' }, ['over', 422, 'WorkflowMissing']],
    ['that is gone since, where none is required', { stored: 'missing', requireWorkflow: false }, undefined],
  ])('%s', async (_, situation, outcome) => {
    const { result, reads } = await pass(situation);
    expect(reasonOf(result)).toEqual(outcome);
    expect(reads).toBe(2);
  });
});

it('lists nothing where nothing else is active, and says so', async () => {
  const workflows = { read: async () => approvable(approvedWorkflow, 'shop') ?? ('unreadable' as const) };
  const facts = {
    namespace: 'shop',
    name: 'big-step-2',
    spec: stepTwo,
    workflow: 'big',
    facts: seen,
    mustRead: false,
  };
  const options = { workflows, listSteps: undefined, currentThreshold: 10, requireWorkflow: true };
  expect(await passGate(facts, options)).toEqual({
    kind: 'passed',
    step: { key: '2', listedAt: undefined },
    seenAt: undefined,
  });
});

describe('no approved step has two active executions', () => {
  const taken = ['unapproved', 403, 'NotTheApprovedStep'];
  const passes = { key: '2', listedAt: '77' };
  it.each<[string, readonly ActiveStep[], unknown]>([
    ['one that does the same step is in the way', [{ name: 'other', spec: stepTwo }], taken],
    ['one that undoes it is in the way', [{ name: 'other', spec: { ...stepTwo, ...rollbackSpec } }], taken],
    [
      'one with the same number that does something else is in the way',
      [{ name: 'other', spec: { ...stepTwo, action: 'x' } }],
      taken,
    ],
    ['one that does another step is not', [{ name: 'other', spec: { ...stepTwo, stepNumber: 3 } }], passes],
    [
      'one of the same name is not: that is for the slots to say',
      [{ name: 'big-step-2', spec: stepTwo }],
      passes,
    ],
    [
      'one with the same number whose parameters cannot be compared is in the way',
      [{ name: 'other', spec: { ...stepTwo, parameters: { replicas: 2 ** 60 } } }],
      taken,
    ],
    ['one that has no number is not', [{ name: 'other', spec: {} }], passes],
  ])('%s', async (_, active, outcome) => {
    expect(reasonOf((await pass({ active })).result)).toEqual(outcome);
  });

  it('says which one is', async () => {
    const { result } = await pass({ active: [{ name: 'other', spec: stepTwo }] });
    expect(result).toMatchObject({
      refusal: { message: expect.stringContaining('done by execution "other"') },
    });
  });
});

it('says how far the watch had come by which it let an execution pass', async () => {
  const { result, reads } = await pass({ seen: { stepCount: '3', decision: undefined, seenAt: '12' } });
  expect(result).toEqual({ kind: 'passed', step: undefined, seenAt: '12' });
  expect(reads).toBe(0);
});
