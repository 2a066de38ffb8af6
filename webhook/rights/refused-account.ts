import { serviceAccountNotAllowed, serviceAccountUnknown } from '../../src/policy/service-account-right.ts';
import type { Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AccessReviewer } from './access-review.ts';

/** Why this user may not have actions run as this account of the request's namespace; undefined where he may. */
export async function refusedAccount(
  { namespace, userInfo }: Pick<AdmissionRequest, 'namespace' | 'userInfo'>,
  account: string,
  reviewer: Pick<AccessReviewer, 'mayUse'>,
): Promise<Deny | undefined> {
  const request = { user: userInfo.username, namespace, account };
  try {
    const { allowed, evaluationError } = await reviewer.mayUse(userInfo, namespace, account);
    if (allowed) return undefined;
    return evaluationError === undefined
      ? serviceAccountNotAllowed(request)
      : serviceAccountUnknown(request, evaluationError);
  } catch (error) {
    return serviceAccountUnknown(request, error instanceof Error ? error.message : String(error));
  }
}
