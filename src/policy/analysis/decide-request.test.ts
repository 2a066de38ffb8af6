import { describe, expect, it } from 'vitest';
import type { AIApprovalRequestSpec } from '../../api/ai-approval-request.ts';
import { hashOf } from '../../../test/builders/approvable-builder.ts';
import { decideRequest, type DecisionFacts } from './decide-request.ts';

const spec: AIApprovalRequestSpec = {
  aiAnalysisRef: { name: 'outage', uid: 'uid-1' },
  reason: 'twelve steps',
  workflow: { name: 'outage-1', spec: { steps: [] }, specHash: hashOf('a'), stepCount: 12 },
  authors: ['model'],
  requestedAt: '2026-05-04T03:00:00.000Z',
  timeout: '15m',
};

const facts: DecisionFacts = {
  name: 'outage-1',
  spec,
  specHash: hashOf('a'),
  deleting: false,
  before: {},
  after: { decision: 'Approved', decidedBy: 'forger', decidedAt: '2020-01-01T00:00:00.000Z', message: 'go' },
  user: 'ann',
  groups: ['approvers'],
  controller: 'the-controller',
  now: '2026-05-04T03:14:59.999Z',
  requireDifferentApprover: false,
  serviceAccountsMayApprove: false,
  installation: 'here',
};

const stamps = { decidedBy: 'ann', decidedAt: facts.now, decidedUnder: 'here', message: 'go' };
const absent = { decidedBy: undefined, decidedAt: undefined, decidedUnder: undefined, message: undefined };

describe('a decision on a request', () => {
  it('is stamped, whatever was sent, up to its last moment', () => {
    expect(decideRequest(facts)).toEqual({ stamps, decides: 'Approved' });
  });

  it('keeps the time that an earlier pass over this write has stamped', () => {
    const stampedAt = '2026-05-04T03:14:59.000Z';
    expect(decideRequest({ ...facts, stampedAt })).toMatchObject({ stamps: { decidedAt: stampedAt } });
  });

  it('is none as long as none is written, and has no stamps', () => {
    const after = { decidedBy: 'forger', message: 'approved!' };
    expect(decideRequest({ ...facts, after })).toEqual({ stamps: absent, decides: undefined });
  });

  it.each<[string, Partial<DecisionFacts>, string]>([
    ['after its time', { now: '2026-05-04T03:15:00.000Z' }, 'RequestExpired'],
    ['on a request whose time cannot be read', { spec: { ...spec, timeout: 'soon' } }, 'RequestExpired'],
    ['on what is being deleted', { deleting: true }, 'RequestIsOver'],
    ['by the controller', { user: 'the-controller' }, 'DeciderIsController'],
    [
      'by no reviewer',
      { spec: { ...spec, reviewer: { users: ['bob'], groups: ['night-shift'] } } },
      'NotAReviewer',
    ],
    ['for another spec than the one beside its hash', { specHash: hashOf('b') }, 'RequestUnreadable'],
    ['for a spec that cannot be read', { specHash: undefined }, 'RequestUnreadable'],
    [
      'by an author, where another must',
      { user: 'model', requireDifferentApprover: true },
      'ApproverIsCreator',
    ],
  ])('is refused %s', (_, changes, reason) => {
    expect(decideRequest({ ...facts, ...changes })).toMatchObject({
      decision: 'deny',
      code: 403,
      causes: [{ reason }],
    });
  });

  it('is left to an author, and for any spec, where it is a rejection', () => {
    const after = { decision: 'Rejected' } as const;
    const changes = { after, user: 'model', requireDifferentApprover: true, specHash: undefined };
    expect(decideRequest({ ...facts, ...changes })).toMatchObject({ decides: 'Rejected' });
  });

  it.each([{ users: ['ann'] }, { groups: ['approvers'] }, { users: [], groups: [] }])(
    'is open to a reviewer: %o',
    (reviewer) => {
      expect(decideRequest({ ...facts, spec: { ...spec, reviewer } })).toMatchObject({ decides: 'Approved' });
    },
  );

  it('is final: what a later write leaves out is put back, what it changes is refused', () => {
    const before = { decision: 'Approved' as const, ...stamps };
    expect(decideRequest({ ...facts, before, after: { decision: 'Approved' } })).toEqual({
      stamps,
      decides: undefined,
    });
    for (const after of [{}, { decision: 'Rejected' as const }, { ...before, decidedBy: 'forger' }]) {
      expect(decideRequest({ ...facts, before, after })).toMatchObject({
        causes: [{ reason: 'DecisionIsFinal' }],
      });
    }
  });
});
