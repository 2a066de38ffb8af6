import {
  aiApprovalRequestSpecSchema,
  approvalDecisions,
  type AIApprovalRequestStatus,
} from '../../src/api/ai-approval-request.ts';
import { conditionSchema } from '../../src/api/condition.ts';
import { workflowExecutionSpecSchema } from '../../src/api/workflow-execution.ts';
import type { Config } from '../../src/config/config.ts';
import { decideRequest, type DecisionStamping } from '../../src/policy/analysis/decide-request.ts';
import { inexactness } from '../../src/policy/approval/canonical-json.ts';
import { specHash } from '../../src/policy/approval/spec-hash.ts';
import { deny, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionObject } from '../admission/admission-object.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { readInstallation } from '../approval/read-installation.ts';
import { isRecent } from '../approval/recent-time.ts';
import type { InstallationMark } from '../cluster/installation-mark.ts';
import { refusedDecider, type DeciderReviewer } from './refused-decider.ts';

/** What a judgement needs. */
export interface JudgeDecisionOptions {
  readonly reviewer: DeciderReviewer;
  readonly config: () => Pick<Config, 'requireDifferentApprover' | 'serviceAccountsMayApprove'>;
  readonly installation: InstallationMark;
  /** User name of stepgate's controller, which asks and therefore never decides. */
  readonly controller: string;
  /** RFC 3339. */
  readonly wallClock: () => string;
}

/**
 * The stamps that the status of an AIApprovalRequest must carry as it is written, or why it cannot be. Both webhooks ask:
 * the mutating one puts them in place, the validating one (`isStamped`) sees to it that they are.
 */
export async function judgeDecision(
  request: AdmissionRequest,
  options: JudgeDecisionOptions,
  isStamped = false,
): Promise<DecisionStamping | Deny> {
  const { name, namespace, userInfo, object, oldObject } = request;
  const spec = aiApprovalRequestSpecSchema.safeParse(oldObject?.['spec']);
  if (!spec.success) return unreadable(name);
  const installation = await readInstallation(options.installation);
  if (typeof installation !== 'string') return installation;
  const after = statusOf(object);
  const now = options.wallClock();
  const { decidedBy, decidedAt } = after;
  const isOurs = isStamped && decidedBy === userInfo.username && decidedAt !== undefined;
  const stamping = decideRequest({
    name,
    spec: spec.data,
    specHash: hashOf(spec.data.workflow.spec),
    deleting: oldObject?.metadata?.deletionTimestamp !== undefined,
    before: statusOf(oldObject),
    after,
    user: userInfo.username,
    groups: userInfo.groups,
    controller: options.controller,
    now,
    requireDifferentApprover: options.config().requireDifferentApprover,
    serviceAccountsMayApprove: options.config().serviceAccountsMayApprove,
    installation,
    stampedAt: isOurs && isRecent(decidedAt, now) ? decidedAt : undefined,
  });
  if ('decision' in stamping || stamping.decides === undefined) return stamping;
  const objects = { namespace, request: name, workflow: spec.data.workflow.name };
  return (await refusedDecider(userInfo, objects, options.reviewer)) ?? stamping;
}

function hashOf(spec: unknown): string | undefined {
  const parsed = workflowExecutionSpecSchema.safeParse(spec);
  return parsed.success && inexactness(spec) === undefined ? specHash(parsed.data) : undefined;
}

function unreadable(name: string): Deny {
  const message = `The spec of request "${name}" is not one that stepgate has written: nothing can be decided on it.`;
  return deny(403, 'Forbidden', message, [{ reason: 'RequestUnreadable', field: 'spec', message }]);
}

/** What a status says. The mutating side sees it before the schema does: what is of another type says nothing. */
function statusOf(object: AdmissionObject | undefined): AIApprovalRequestStatus {
  const status: unknown = object?.['status'];
  if (typeof status !== 'object' || status === null) return {};
  const said = new Map(Object.entries(status));
  const text = (field: string): string | undefined => {
    const value: unknown = said.get(field);
    return typeof value === 'string' ? value : undefined;
  };
  const conditions: unknown = said.get('conditions');
  return {
    decision: approvalDecisions.find((decision) => decision === said.get('decision')),
    decidedBy: text('decidedBy'),
    decidedAt: text('decidedAt'),
    decidedUnder: text('decidedUnder'),
    message: text('message'),
    conditions: (Array.isArray(conditions) ? conditions : []).flatMap((condition: unknown) => {
      const { success, data } = conditionSchema.safeParse(condition);
      return success ? [data] : [];
    }),
  };
}
