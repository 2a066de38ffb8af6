import { describe, expect, it } from 'vitest';
import type { AIAnalysis } from '../../src/api/ai-analysis.ts';
import type { AIApprovalRequest } from '../../src/api/ai-approval-request.ts';
import { analysisOwnerReference, approvalRequest } from '../../src/policy/analysis/approval-request.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import { makeAnalysis } from '../../test/builders/analysis-builder.ts';
import { bigWorkflow, reviewWorkflow } from '../../test/builders/workflow-review-builder.ts';
import { approvable } from './approvable.ts';
import { claimedApproval } from './claimed-approval.ts';

const metadata = { name: 'outage', uid: 'uid-a' };
const { spec } = bigWorkflow.build();
const asked = approvalRequest({
  analysis: { ...makeAnalysis('outage'), metadata },
  workflow: { spec, specHash: specHash(spec), steps: [] },
  reason: 'twelve steps',
  requestedAt: '2026-05-04T03:00:00.000Z',
  timeout: '15m',
});
const decided = {
  decision: 'Approved',
  decidedBy: 'ann',
  decidedAt: '2026-05-04T03:01:00.000Z',
  decidedUnder: 'here',
} as const;
const request: AIApprovalRequest = {
  ...asked,
  metadata: { name: 'r' },
  spec: { ...asked.spec, workflow: { ...asked.spec.workflow, name: 'big' } },
  status: decided,
};
const analysis: AIAnalysis = {
  ...makeAnalysis('outage', { phase: 'approving', approvalRequestName: 'r' }),
  metadata,
};

interface World {
  readonly user?: string;
  readonly request?: AIApprovalRequest | undefined;
  readonly analysis?: AIAnalysis | undefined;
  readonly owner?: object;
  readonly claim?: string | undefined;
  readonly before?: object;
}

async function claimed(world: World = {}) {
  const { user = 'the-controller', owner = analysisOwnerReference(metadata) } = world;
  const notes = { request: 'claim' in world ? world.claim : 'r' };
  const review = reviewWorkflow({ user, after: notes, ...(world.before && { before: world.before }) });
  const object = {
    ...review.object,
    metadata: { ...review.object?.metadata, ownerReferences: [owner as Record<string, unknown>] },
  };
  const workflow = approvable(object, 'shop');
  if (workflow === undefined) throw new Error('this is no workflow');
  const reads: string[] = [];
  const approvals = {
    request: async (namespace: string, name: string) => {
      reads.push(`${namespace}/${name}`);
      return 'request' in world ? world.request : request;
    },
    analysis: async () => ('analysis' in world ? world.analysis : analysis),
  };
  const options = { approvals, controller: 'the-controller' };
  return { outcome: await claimedApproval({ ...review, object }, workflow, 'here', options), reads };
}

describe('the decision that a new workflow refers to', () => {
  it('counts where it was made on this very workflow', async () => {
    expect(await claimed()).toEqual({
      outcome: { request: 'r', decidedBy: 'ann', decidedAt: decided.decidedAt },
      reads: ['shop/r'],
    });
  });

  it.each<[string, World]>([
    ['of anybody but the controller', { user: 'dev' }],
    ['in an update', { before: {} }],
    ['that is none', { claim: undefined }],
  ])('is not even read: %s', async (_, world) => {
    expect(await claimed(world)).toEqual({ outcome: undefined, reads: [] });
  });

  const changed = (status: AIApprovalRequest['status'], more: object = {}) => ({
    request: { ...request, status, spec: { ...request.spec, ...more } } as AIApprovalRequest,
  });
  const { workflow } = request.spec;
  it.each<[string, World]>([
    ['there is no such request', { request: undefined }],
    ['the request cannot be read', changed(decided, { timeout: 3 })],
    ['it was not approved', changed({ ...decided, decision: 'Rejected' })],
    ['it was not approved', changed({})],
    ['not made under this installation', changed({ ...decided, decidedUnder: 'another' })],
    ['not made under this installation', changed({ ...decided, decidedBy: '' })],
    ['it is for workflow "small"', changed(decided, { workflow: { ...workflow, name: 'small' } })],
    [
      'it is for the spec',
      changed(decided, { workflow: { ...workflow, specHash: `sha256:${'0'.repeat(64)}` } }),
    ],
    ['does not own the workflow', { owner: { ...analysisOwnerReference(metadata), controller: false } }],
    ['does not own the workflow', { owner: { ...analysisOwnerReference(metadata), kind: 'Other' } }],
    ['does not own the workflow', { owner: analysisOwnerReference({ ...metadata, uid: 'uid-b' }) }],
    ['is gone', { analysis: undefined }],
    ['is gone', { analysis: { ...analysis, metadata: { ...metadata, uid: 'uid-b' } } }],
    ['is being deleted', { analysis: { ...analysis, metadata: { ...metadata, deletionTimestamp: 'now' } } }],
    ['does not ask by this request', { analysis: { ...analysis, status: {} } }],
    [
      'has had its workflow',
      {
        analysis: {
          ...analysis,
          status: { ...analysis.status, workflowExecutionRef: { name: 'b', uid: 'c' } },
        },
      },
    ],
    ['or is over', { analysis: { ...analysis, status: { ...analysis.status, phase: 'rejected' } } }],
  ])('is refused where %s', async (why, world) => {
    const { outcome } = await claimed(world);
    expect(outcome).toMatchObject({
      code: 403,
      causes: [{ reason: 'NotTheApprovedWorkflow', message: expect.stringContaining(why) }],
    });
  });
});
