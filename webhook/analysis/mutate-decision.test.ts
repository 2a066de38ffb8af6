import { describe, expect, it } from 'vitest';
import { aiApprovalRequestKind } from '../../src/api/names.ts';
import { approvalRequest } from '../../src/policy/analysis/approval-request.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import { makeAnalysis } from '../../test/builders/analysis-builder.ts';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { reviewWrite } from '../../test/builders/status-review-builder.ts';
import { mutateDecision } from './mutate-decision.ts';
import { validateDecision } from './validate-decision.ts';

const now = '2026-05-04T03:02:01.000Z';
const { spec } = makeWorkflow('outage').steps(12).build();
const asked = approvalRequest({
  analysis: { ...makeAnalysis('outage'), metadata: { name: 'outage', uid: 'uid-1' } },
  workflow: { spec, specHash: specHash(spec), steps: [] },
  reason: 'twelve steps',
  requestedAt: '2026-05-04T03:00:00.000Z',
  timeout: '15m',
});

const world = {
  reviewer: {
    mayApprove: async () => ({ allowed: true }),
    mayApproveRequest: async () => ({ allowed: true }),
  },
  config: () => ({ requireDifferentApprover: false, serviceAccountsMayApprove: false }),
  installation: async () => 'here',
  controller: 'the-controller',
  wallClock: () => now,
};

const review = (status: object, before: object = {}, subResource = 'status') =>
  reviewWrite(aiApprovalRequestKind, {
    subResource,
    before: { ...asked, status: before },
    after: { ...asked, status },
  });

const stamps = { decidedBy: 'ann', decidedAt: now, decidedUnder: 'here' };

describe('the mutating webhook', () => {
  it.each([
    ['adds what is missing', {}],
    ['replaces what was sent', { decidedBy: 'x', decidedAt: '2026-05-04T03:02:00.000Z', decidedUnder: 'x' }],
  ])('%s', async (_, sent) => {
    const verdict = await mutateDecision(world)(review({ decision: 'Approved', ...sent }));
    expect(verdict).toEqual({
      decision: 'patch',
      operations: Object.entries(stamps).map(([stamp, value]) => ({
        op: 'add',
        path: `/status/${stamp}`,
        value,
      })),
    });
  });

  it('takes stamps off where nothing is decided, or nothing that is a decision', async () => {
    for (const status of [
      { decidedBy: 'x' },
      { decision: 'approved', decidedBy: 'x' },
      { decision: 7, decidedBy: 'x' },
    ]) {
      expect(await mutateDecision(world)(review(status))).toMatchObject({
        operations: [{ op: 'remove', path: '/status/decidedBy' }],
      });
    }
  });

  it('says to whoever decides through the object itself that this is not the way', async () => {
    const verdict = await mutateDecision(world)(review({ decision: 'Approved' }, {}, ''));
    expect(verdict).toMatchObject({
      decision: 'allow',
      warnings: [expect.stringContaining('--subresource=status')],
    });
  });

  it('refuses for now where it does not know its own installation', async () => {
    const installation = () => Promise.reject(new Error('no answer'));
    const verdict = await mutateDecision({ ...world, installation })(review({ decision: 'Approved' }));
    expect(verdict).toMatchObject({ code: 503, causes: [{ reason: 'InstallationUnreadable' }] });
  });

  it('takes a condition that it cannot read for none', async () => {
    const before = { conditions: [{ type: 'Expired' }, 7] };
    expect(await mutateDecision(world)(review({ decision: 'Approved' }, before))).toMatchObject({
      decision: 'patch',
    });
  });
});

describe('the validating webhook', () => {
  it('leaves in the audit log what was decided, by whom, and on what', async () => {
    const stampedBefore = { ...stamps, decidedAt: '2026-05-04T03:02:00.000Z' };
    expect(await validateDecision(world)(review({ decision: 'Approved', ...stampedBefore }))).toEqual({
      decision: 'allow',
      auditAnnotations: { decision: 'Approved', approver: 'ann', 'spec-hash': specHash(spec) },
    });
  });

  it('has nothing to say where nothing is decided, nor of the object itself', async () => {
    expect(await validateDecision(world)(review({ conditions: [] }))).toEqual({ decision: 'allow' });
    expect(await validateDecision(world)(review({ decision: 'Approved' }, {}, ''))).toEqual({
      decision: 'allow',
    });
  });

  it('refuses what another webhook has changed after ours', async () => {
    for (const forged of [
      { decidedBy: 'bob' },
      { decidedAt: '2026-05-04T02:00:00.000Z' },
      { decidedUnder: 'x' },
    ]) {
      const verdict = await validateDecision(world)(review({ decision: 'Approved', ...stamps, ...forged }));
      expect(verdict).toMatchObject({ code: 403, causes: [{ reason: 'StampForged' }] });
    }
  });
});
