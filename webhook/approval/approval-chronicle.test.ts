import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { EventFacts } from '../../src/kube/event-object.ts';
import { createApprovalMetrics } from '../../src/observability/approval-metrics.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { parseAdmissionReview } from '../admission/admission-review.ts';
import type { AdmittedDecision } from './admitted-decisions.ts';
import { createApprovalChronicle } from './approval-chronicle.ts';

async function chronicle(
  happened: Stamping['happened'],
  uid?: string,
  more: Partial<Stamping['annotations']> = {},
  undoing?: string,
) {
  const events: EventFacts[] = [];
  const registry = new Registry();
  const recorder = {
    record: (facts: EventFacts) => void events.push(facts),
    dropped: 0,
    idle: async () => {},
    stop: async () => {},
  };
  const workflow = makeWorkflow('big').inNamespace('shop');
  const object = (uid === undefined ? workflow : workflow.uid(uid)).build();
  const review = makeAdmissionReviewBytes({ name: 'big', namespace: 'shop', object });
  const request = parseAdmissionReview(review);
  const admitted: AdmittedDecision[] = [];
  const decided = { approvedBy: 'jane', approvedSpec: 'sha256:ab', ...more };
  const annotations = { reason: '12 steps are many', ...decided } as Stamping['annotations'];
  createApprovalChronicle({
    events: recorder,
    metrics: createApprovalMetrics(registry),
    decisions: { add: (decision) => void admitted.push(decision) },
  }).admitted(request, {
    annotations,
    approvingCommand: 'kubectl …',
    undoing,
    warnings: [],
    needsRight: false,
    happened,
  });
  const toldBefore = [events.length, (await registry.metrics()).includes('_total{')];
  for (const { stored } of admitted) stored();
  return { events, metrics: await registry.metrics(), admitted, toldBefore };
}

describe('an Event on the workflow, and a count, tell', () => {
  it.each([
    ['required', 'Normal', 'ApprovalRequired', '12 steps are many. To approve it: kubectl …'],
    ['approved', 'Normal', 'Approved', 'jane approved sha256:ab'],
    ['rejected', 'Warning', 'Rejected', 'jane rejected sha256:ab'],
    ['voided', 'Warning', 'ApprovalVoided', 'jane changed the spec: the decision on it is void'],
    ['withdrawn', 'Normal', 'ApprovalWithdrawn', 'jane withdrew the approval'],
  ] as const)('that it was %s', async (happened, type, reason, note) => {
    const { events, metrics, toldBefore } = await chronicle(happened, 'uid-1');
    expect(toldBefore).toEqual([0, false]);
    expect(events).toMatchObject([
      {
        type,
        reason,
        note,
        regarding: {
          apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
          kind: 'WorkflowExecution',
          namespace: 'shop',
          name: 'big',
          uid: 'uid-1',
        },
      },
    ]);
    expect(metrics).toContain(`stepgate_workflow_approvals_total{what="${happened}"} 1`);
  });

  it('what is undone if it fails, where that was asked to be approved', async () => {
    const undoing = 'If critical step 2 fails, step 1 is undone.';
    const { events } = await chronicle('required', 'uid-1', {}, undoing);
    expect(events).toMatchObject([{ note: `12 steps are many. ${undoing} To approve it: kubectl …` }]);
  });

  it('who has decided, and where, though the controller creates what was approved', async () => {
    const { events } = await chronicle('approved', 'uid-1', { approvedBy: 'ann', request: 'outage-1' });
    expect(events).toMatchObject([{ note: 'ann approved sha256:ab in AIApprovalRequest outage-1' }]);
  });

  it('nothing where nothing happened', async () => {
    expect((await chronicle(undefined, 'uid-1')).admitted).toEqual([]);
  });

  it('nothing of what no watch can show', async () => {
    expect((await chronicle('required')).admitted).toEqual([]);
  });

  it('of the write with these annotations and no other', async () => {
    const { admitted } = await chronicle('approved', 'uid-1');
    expect(admitted).toMatchObject([
      {
        namespace: 'shop',
        name: 'big',
        uid: 'uid-1',
        base: undefined,
        annotations: { 'kubernaut.io/approved-by': 'jane', 'kubernaut.io/approved-spec': 'sha256:ab' },
      },
    ]);
  });
});
