import type { DecisionStamps } from '../../src/policy/analysis/decide-request.ts';
import type { PatchOperation, Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { judgeDecision, type JudgeDecisionOptions } from './judge-decision.ts';

/** Stamps who decides and when, and refuses decisions that are not the user's to make. */
export function mutateDecision(options: JudgeDecisionOptions) {
  return async (request: AdmissionRequest): Promise<Verdict> => {
    // The API server drops the status that comes with the object itself, and says nothing.
    if (request.subResource !== 'status') return { decision: 'allow', warnings: [decideByStatus] };
    const stamping = await judgeDecision(request, options);
    if ('decision' in stamping) return stamping;
    const operations = decisionPatch(stamping.stamps, request.object?.['status']);
    return operations.length === 0 ? { decision: 'allow' } : { decision: 'patch', operations };
  };
}

const decideByStatus =
  'A decision is not taken from here: write status.decision with kubectl patch --subresource=status';

/** What makes a status say what it must; nothing where it does. */
export function decisionPatch(stamps: DecisionStamps, status: unknown): readonly PatchOperation[] {
  const said = new Map(Object.entries(typeof status === 'object' && status !== null ? status : {}));
  return Object.entries(stamps).flatMap(([stamp, value]: [string, string | undefined]): PatchOperation[] => {
    const path = `/status/${stamp}`;
    if (value !== undefined) return said.get(stamp) === value ? [] : [{ op: 'add', path, value }];
    return said.has(stamp) ? [{ op: 'remove', path }] : [];
  });
}
