import { approveVerb } from '../../src/api/approval-annotations.ts';
import { aiApprovalRequestKind, workflowExecutionKind } from '../../src/api/names.ts';
import { deny, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AccessAnswer, AccessReviewer } from '../rights/access-review.ts';

/** Who is asked. */
export type DeciderReviewer = Pick<AccessReviewer, 'mayApprove' | 'mayApproveRequest'>;

/** What is decided on. */
interface DecidedObjects {
  readonly namespace: string;
  /** Name of the AIApprovalRequest. */
  readonly request: string;
  /** Name of the workflow that an approval would start. */
  readonly workflow: string;
}

const field = 'status.decision';

/** Why this user may not decide; undefined for one who may approve this request, and that workflow too. */
export async function refusedDecider(
  user: AdmissionRequest['userInfo'],
  { namespace, request, workflow }: DecidedObjects,
  reviewer: DeciderReviewer,
): Promise<Deny | undefined> {
  let answers: readonly (readonly [string, AccessAnswer])[];
  try {
    answers = await Promise.all([
      reviewer
        .mayApproveRequest(user, namespace, request)
        .then((answer) => [aiApprovalRequestKind.plural, answer] as const),
      reviewer
        .mayApprove(user, namespace, workflow)
        .then((answer) => [workflowExecutionKind.plural, answer] as const),
    ]);
  } catch (error) {
    return unknown(user.username, request, error instanceof Error ? error.message : String(error));
  }
  const refused = answers.find(([, { allowed }]) => !allowed);
  if (refused === undefined) return undefined;
  const [resource, { evaluationError }] = refused;
  if (evaluationError !== undefined) return unknown(user.username, request, evaluationError);
  const message =
    `${user.username} may not decide on request "${request}": that takes the verb ${approveVerb} on ` +
    `${aiApprovalRequestKind.plural} and on ${workflowExecutionKind.plural} in namespace "${namespace}", ` +
    `and the one on ${resource} is missing.`;
  return deny(403, 'Forbidden', message, [{ reason: 'NoRightToApprove', field, message }]);
}

/** Whether they may could not be found out: that is no. */
function unknown(user: string, request: string, why: string): Deny {
  const message = `Whether ${user} may decide on request "${request}" cannot be found out now (${why}): denied.`;
  return deny(403, 'Forbidden', message, [{ reason: 'AuthorizerFailed', field, message }]);
}
