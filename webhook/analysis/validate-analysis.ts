import { refuseHostileCharacters } from '../../src/policy/refuse-hostile-characters.ts';
import { accountToAskFor } from '../../src/policy/service-account-right.ts';
import { allowed, deny, type Deny, type Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AccessReviewer } from '../rights/access-review.ts';
import { refusedAccount } from '../rights/refused-account.ts';
import { creatorField, creatorPatch } from './analysis-creator.ts';
import { recommenderPatch } from './mutate-analysis.ts';
import { recommenderOf, statusField } from './recommender.ts';

/**
 * The workflow of an analysis is created by the controller, which may have actions run as any account. So whoever names
 * an account, and whoever says what is to run as it or how sure that is, needs the right to use it, as for a workflow of
 * one's own: a high confidence has it run without a person being asked.
 */
export function validateAnalysis({
  reviewer,
  controller,
}: {
  readonly reviewer: Pick<AccessReviewer, 'mayUse'>;
  /** User name of stepgate's controller. */
  readonly controller: string;
}) {
  return async (request: AdmissionRequest): Promise<Verdict> => {
    const { operation, subResource, object } = request;
    const isStatus = subResource === 'status';
    if (!isStatus && operation !== 'CREATE') return allowed;
    const { isThisUser, stamps } = recommenderOf(request, controller);
    const [forged] = isStatus ? recommenderPatch(request, stamps) : creatorPatch(request);
    if (forged !== undefined) {
      const field = isStatus ? forged.path.slice(1).replace('/', '.') : creatorField;
      const message = `${field} is not what stepgate has stamped: another webhook changes it.`;
      return deny(403, 'Forbidden', message, [{ reason: 'StampForged', field, message }]);
    }
    const hostile = refusedText(request);
    if (hostile !== undefined) return hostile;
    const account = isStatus && !isThisUser ? undefined : accountToAskFor(object?.['spec']);
    if (account === undefined) return allowed;
    return (await refusedAccount(request, account, reviewer)) ?? allowed;
  };
}

/** In what runs, and in what a person is shown about it. */
function refusedText({ object, oldObject, subResource }: AdmissionRequest): Deny | undefined {
  if (subResource !== 'status') return refuseHostileCharacters('spec', object?.['spec'], oldObject?.['spec']);
  return ['recommendations', 'approvalContext']
    .map((field) =>
      refuseHostileCharacters(`status.${field}`, statusField(object, field), statusField(oldObject, field)),
    )
    .find((refusal) => refusal !== undefined);
}
