import { approvalAnnotations as names, approveVerb } from '../../src/api/approval-annotations.ts';
import type { Config } from '../../src/config/config.ts';
import { stampWorkflow, type Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import { undoingOf } from '../../src/policy/approval/undoing.ts';
import { deny, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AccessReviewer } from '../rights/access-review.ts';
import type { InstallationMark } from '../cluster/installation-mark.ts';
import { approvable, asSeenBy, asWrittenOver } from './approvable.ts';
import { claimedApproval, type ClaimOptions } from './claimed-approval.ts';
import { readInstallation } from './read-installation.ts';
import { isRecent } from './recent-time.ts';

/** What a judgement needs. */
export interface JudgeOptions extends ClaimOptions {
  readonly reviewer: Pick<AccessReviewer, 'mayApprove'>;
  readonly config: () => Config;
  readonly installation: InstallationMark;
  /** RFC 3339. */
  readonly wallClock: () => string;
}

/**
 * The stamps that a workflow must carry as it is written, or why it cannot be. Both webhooks ask: the mutating one
 * puts the stamps in place, the validating one sees to it that they are. Undefined for what is no workflow.
 */
export async function judgeWorkflow(
  request: AdmissionRequest,
  options: JudgeOptions,
  isStamped = false,
): Promise<Stamping | Deny | undefined> {
  const { reviewer, config, wallClock, installation: mark } = options;
  const { namespace, userInfo, object, oldObject } = request;
  const written = object && approvable(object, namespace);
  if (written === undefined) return undefined;
  const stored =
    request.operation === 'CREATE' || oldObject === undefined ? undefined : approvable(oldObject, namespace);
  const installation = await readInstallation(mark);
  if (typeof installation !== 'string') return installation;
  const before = stored && asSeenBy(installation, stored);
  const after = stored === undefined ? written : asWrittenOver(stored, before === stored, written);
  const claim = await claimedApproval(request, written, installation, options);
  if (claim !== undefined && 'decision' in claim) return claim;
  const { complexityApprovalThreshold: threshold } = config();
  const { requireDifferentApprover, serviceAccountsMayApprove, approveByHashOnly } = config();
  const now = wallClock();
  const stamped = stampWorkflow({
    before,
    after,
    user: userInfo.username,
    groups: userInfo.groups,
    now,
    isOfThisRequest: (approvedAt) => isRecent(approvedAt, now),
    threshold,
    requireDifferentApprover,
    serviceAccountsMayApprove,
    approveByHashOnly,
    installation,
    isStamped,
    claim,
  });
  if ('decision' in stamped) return stamped;
  const isAsked = stamped.approvingCommand !== undefined;
  const stamping = isAsked ? { ...stamped, undoing: undoingOf(written.steps) } : stamped;
  if (!stamping.needsRight) return stamping;
  return (await refusedRight(userInfo, namespace, after.name, reviewer)) ?? stamping;
}

async function refusedRight(
  user: AdmissionRequest['userInfo'],
  namespace: string,
  name: string,
  reviewer: Pick<AccessReviewer, 'mayApprove'>,
): Promise<Deny | undefined> {
  const field = `metadata.annotations[${names.approved}]`;
  let why: string;
  try {
    const { allowed, evaluationError } = await reviewer.mayApprove(user, namespace, name);
    if (allowed) return undefined;
    if (evaluationError === undefined) {
      const message =
        `${user.username} may not decide on workflow "${name}": that takes the verb ${approveVerb} on ` +
        `workflowexecutions in namespace "${namespace}".`;
      return deny(403, 'Forbidden', message, [{ reason: 'NoRightToApprove', field, message }]);
    }
    why = evaluationError;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  const message = `Whether ${user.username} may decide on workflow "${name}" cannot be found out now (${why}): denied.`;
  return deny(403, 'Forbidden', message, [{ reason: 'AuthorizerFailed', field, message }]);
}
