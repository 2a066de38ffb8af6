import { approveVerb } from '../../src/api/approval-annotations.ts';
import { aiApprovalRequestKind, workflowExecutionKind } from '../../src/api/names.ts';
import { useVerb } from '../../src/api/service-account.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { unanswered } from '../../src/kube/unanswered.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';

/** What the authorizer says of a user. */
export interface AccessAnswer {
  readonly allowed: boolean;
  /** The authorizer failed to find out: that is no. */
  readonly evaluationError?: string;
}

/** A yes-or-no question about a user's right; rejects where the API server cannot answer. */
type RightQuestion = (
  user: AdmissionRequest['userInfo'],
  namespace: string,
  name: string,
) => Promise<AccessAnswer>;

/** Asks what users may do. */
export interface AccessReviewer {
  /** Whether a user may approve this workflow. */
  readonly mayApprove: RightQuestion;
  /** Whether a user may approve this AIApprovalRequest. */
  readonly mayApproveRequest: RightQuestion;
  /** Whether a user may have actions run as this ServiceAccount. */
  readonly mayUse: RightQuestion;
}

/** An answer is used for both passes of one request, and little more. */
const answerLifetimeMilliseconds = 3_000;
const answersKept = 1_000;

/** What somebody may do with one object of this kind. */
interface Right {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

const approval: Right = {
  verb: approveVerb,
  group: workflowExecutionKind.group,
  version: workflowExecutionKind.version,
  resource: workflowExecutionKind.plural,
};
const requestApproval: Right = {
  verb: approveVerb,
  group: aiApprovalRequestKind.group,
  version: aiApprovalRequestKind.version,
  resource: aiApprovalRequestKind.plural,
};
const use: Right = { verb: useVerb, group: '', version: 'v1', resource: 'serviceaccounts' };

/**
 * Asks by SubjectAccessReview, with all that the API server has told of the user: groups, uid and extra may decide.
 * Answers are kept for three seconds, each for exactly that user, that right and that object.
 */
export function createAccessReviewer(client: KubeClient, clock: Clock): AccessReviewer {
  const answers = new Map<string, { readonly until: number; readonly answer: AccessAnswer }>();

  const asking =
    (right: Right): RightQuestion =>
    async (user, namespace, name) => {
      const key = JSON.stringify([
        right.verb,
        right.resource,
        namespace,
        name,
        user.username,
        user.uid,
        user.groups,
        Object.entries(user.extra),
      ]);
      const known = answers.get(key);
      if (known !== undefined && clock.now() < known.until) return known.answer;
      const answer = await ask(client, user, { namespace, name, ...right });
      if (answers.size >= answersKept) answers.clear();
      if (answer.evaluationError === undefined) {
        answers.set(key, { until: clock.now() + answerLifetimeMilliseconds, answer });
      }
      return answer;
    };

  return {
    mayApprove: asking(approval),
    mayApproveRequest: asking(requestApproval),
    mayUse: asking(use),
  };
}

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly evaluationError?: string };
}

async function ask(
  client: KubeClient,
  { username, uid, groups, extra }: AdmissionRequest['userInfo'],
  resourceAttributes: Right & { readonly namespace: string; readonly name: string },
): Promise<AccessAnswer> {
  const review = {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: username, uid, groups, extra, resourceAttributes },
    },
    timeoutMilliseconds: 3_000,
  } as const;
  // It writes nothing. Where no answer came it is asked once more: whoever waits for it would be refused.
  const { status } = await client.request<Review>(review).catch((error: unknown) => {
    if (unanswered(error) === undefined) throw error;
    return client.request<Review>(review);
  });
  const allowed = status?.allowed === true;
  // RBAC reports roles it could not read beside a valid yes; a no with an error is no answer.
  if (allowed || !status?.evaluationError) return { allowed };
  return { allowed, evaluationError: status.evaluationError };
}
