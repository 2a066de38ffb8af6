import type { AIApprovalRequest, AIApprovalRequestStatus } from '../src/api/ai-approval-request.ts';
import { approvalAnnotations } from '../src/api/approval-annotations.ts';
import { aiApprovalRequestKind } from '../src/api/names.ts';
import { configSchema } from '../src/config/config-schema.ts';
import { defaults } from '../src/config/defaults.ts';
import { approvalRequest } from '../src/policy/analysis/approval-request.ts';
import { specHash } from '../src/policy/approval/spec-hash.ts';
import type { Deny, Verdict } from '../src/policy/verdict.ts';
import { parseAdmissionReview } from '../webhook/admission/admission-review.ts';
import type { JudgeDecisionOptions } from '../webhook/analysis/judge-decision.ts';
import { mutateDecision } from '../webhook/analysis/mutate-decision.ts';
import { validateDecision } from '../webhook/analysis/validate-decision.ts';
import { mutateWorkflow } from '../webhook/approval/mutate-workflow.ts';
import { makeAdmissionReviewBytes } from './builders/admission-review-builder.ts';
import { makeAnalysis } from './builders/analysis-builder.ts';
import { noClaims } from './builders/no-claims.ts';
import { makeWorkflow } from './builders/workflow-builder.ts';
import { reviewWorkflow } from './builders/workflow-review-builder.ts';

interface World {
  readonly user?: string;
  readonly right?: { readonly allowed: boolean; readonly evaluationError?: string };
  readonly now?: string;
  readonly differs?: boolean;
  readonly before?: AIApprovalRequestStatus;
  readonly after?: AIApprovalRequestStatus;
  readonly spec?: object;
  readonly deleting?: boolean;
}

const name = 'slow-shop-1f2e3d4c';
const { spec } = makeWorkflow('slow-shop').steps(12).build();
const analysis = makeAnalysis('slow-shop', { recommendedBy: 'model' });
const request: AIApprovalRequest = approvalRequest({
  analysis: { ...analysis, metadata: { name: 'slow-shop', uid: 'uid-1' } },
  workflow: { spec, specHash: specHash(spec), steps: [] },
  reason: 'twelve steps',
  requestedAt: '2026-05-04T03:00:00.000Z',
  timeout: '15m',
});

function options({ right = { allowed: true }, now, differs = false }: World): JudgeDecisionOptions {
  return {
    reviewer: {
      mayApproveRequest: async () => right,
      mayApprove: async () => ({ allowed: true }),
    },
    config: () => ({ requireDifferentApprover: differs, serviceAccountsMayApprove: false }),
    installation: async () => 'here',
    controller: 'the-controller',
    wallClock: () => now ?? '2026-05-04T03:02:01.000Z',
  };
}

function review({ user = 'jane', before = {}, after = { decision: 'Approved' }, ...world }: World) {
  const { group, version, kind, plural } = aiApprovalRequestKind;
  const metadata = { name, ...(world.deleting && { deletionTimestamp: '2026-05-04T03:00:00Z' }) };
  const object = { ...request, metadata, spec: { ...request.spec, ...world.spec } };
  return parseAdmissionReview(
    makeAdmissionReviewBytes({
      kind: { group, version, kind },
      resource: { group, version, resource: plural },
      subResource: 'status',
      name,
      namespace: 'default',
      operation: 'UPDATE',
      userInfo: { username: user, uid: 'u', groups: [], extra: {} },
      object: { ...object, status: after },
      oldObject: { ...object, status: before },
    }),
  );
}

function denied(verdict: Verdict): Deny {
  if (verdict.decision !== 'deny') throw new Error('this is no denial');
  return verdict;
}

const decision = async (world: World) => denied(await mutateDecision(options(world))(review(world)));

/** The create of a workflow that refers to a request. */
async function claim(read: () => Promise<undefined>): Promise<Deny> {
  const handler = mutateWorkflow({
    approvals: { request: read, analysis: read },
    controller: noClaims.controller,
    reviewer: { mayApprove: async () => ({ allowed: true }) },
    config: () => configSchema.parse(defaults),
    installation: async () => 'here',
    wallClock: () => '2026-05-04T03:02:01.000Z',
  });
  const written = makeWorkflow(name).steps(12).annotate(approvalAnnotations.request, name);
  return denied(await handler(reviewWorkflow({ user: noClaims.controller, written })));
}

/** A denial of each kind that docs/denials.md lists under Requests for approval, as it is now. */
export async function denialsOfRequests(): Promise<readonly Deny[]> {
  const decided = { decision: 'Rejected', decidedBy: 'ann' } as const;
  return [
    await decision({ right: { allowed: false } }),
    await decision({ right: { allowed: false, evaluationError: 'it is down' } }),
    await decision({ spec: { reviewer: { users: ['ann'] } } }),
    await decision({ now: '2026-05-04T03:15:00.000Z' }),
    await decision({ before: decided }),
    await decision({ deleting: true }),
    await decision({ user: 'the-controller' }),
    await decision({ user: 'system:serviceaccount:argocd:robot' }),
    await decision({ user: 'model', differs: true }),
    await decision({ spec: { workflow: 'anything' } }),
    denied(await validateDecision(options({}))(review({}))),
    await claim(async () => undefined),
  ];
}

/** The 503 of a workflow whose decision cannot be read now. */
export async function unreadableDecision(): Promise<Deny> {
  return claim(() => Promise.reject(new Error('no answer')));
}
