import { allowed, deny, type Deny, type Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { judgeDecision, type JudgeDecisionOptions } from './judge-decision.ts';
import { decisionPatch } from './mutate-decision.ts';

/**
 * Refuses a status whose stamps are not those that our mutating side would put there: another webhook may have run after
 * it. What was decided, and by whom, goes into the API server's audit log.
 */
export function validateDecision(options: JudgeDecisionOptions) {
  return async (request: AdmissionRequest): Promise<Verdict> => {
    // The API server has put back what the object itself may not change.
    if (request.subResource !== 'status') return allowed;
    const stamping = await judgeDecision(request, options, true);
    if ('decision' in stamping) return stamping;
    const { stamps, decides } = stamping;
    const differing = decisionPatch(stamps, request.object?.['status']).map(({ path }) => path);
    if (differing.length > 0) return forged(differing);
    if (decides === undefined) return allowed;
    const spec = request.object?.['spec'] as { readonly workflow: { readonly specHash: string } };
    return {
      decision: 'allow',
      auditAnnotations: {
        decision: decides,
        approver: request.userInfo.username,
        'spec-hash': spec.workflow.specHash,
      },
    };
  };
}

function forged(pointers: readonly string[]): Deny {
  const message = `${pointers.join(', ')} is not what stepgate has stamped: another webhook changes the decision.`;
  return deny(403, 'Forbidden', message, [{ reason: 'StampForged', field: 'status.decision', message }]);
}
