import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { EventFacts } from '../../src/kube/event-object.ts';
import { createApprovalMetrics } from '../../src/observability/approval-metrics.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { parseAdmissionReview } from '../admission/admission-review.ts';
import { createApprovalChronicle } from './approval-chronicle.ts';

async function chronicle(
  happened: Stamping['happened'],
  uid?: string,
  more: Partial<Stamping['annotations']> = {},
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
  const request = parseAdmissionReview(makeAdmissionReviewBytes({ name: 'big', namespace: 'shop', object }));
  const decided = { approvedBy: 'jane', approvedSpec: 'sha256:ab', ...more };
  const annotations = { reason: '12 steps are many', ...decided } as Stamping['annotations'];
  createApprovalChronicle(recorder, createApprovalMetrics(registry)).record(request, {
    annotations,
    approvingCommand: 'kubectl …',
    warnings: [],
    needsRight: false,
    happened,
  });
  return { events, metrics: await registry.metrics() };
}

describe('an Event on the workflow, and a count, tell', () => {
  it.each([
    ['required', 'Normal', 'ApprovalRequired', '12 steps are many. To approve it: kubectl …'],
    ['approved', 'Normal', 'Approved', 'jane approved sha256:ab'],
    ['rejected', 'Warning', 'Rejected', 'jane rejected sha256:ab'],
    ['voided', 'Warning', 'ApprovalVoided', 'jane changed the spec: the decision on it is void'],
    ['withdrawn', 'Normal', 'ApprovalWithdrawn', 'jane withdrew the approval'],
  ] as const)('that it was %s', async (happened, type, reason, note) => {
    const { events, metrics } = await chronicle(happened, 'uid-1');
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

  it('who has decided, and where, though the controller creates what was approved', async () => {
    const { events } = await chronicle('approved', 'uid-1', { approvedBy: 'ann', request: 'outage-1' });
    expect(events).toMatchObject([{ note: 'ann approved sha256:ab in AIApprovalRequest outage-1' }]);
  });

  it('nothing where nothing happened', async () => {
    const { events, metrics } = await chronicle(undefined);
    expect(events).toEqual([]);
    expect(metrics).not.toContain('_total{');
  });

  it('of an object without uid all the same', async () => {
    expect((await chronicle('required')).events[0]?.regarding).not.toHaveProperty('uid');
  });
});
