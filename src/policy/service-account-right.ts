import { defaultServiceAccountName } from '../api/names.ts';
import { serviceAccountOf, useVerb } from '../api/service-account.ts';
import { workflowExecutionSpecSchema } from '../api/workflow-execution.ts';
import { canonicalSpec } from './approval/canonical-spec.ts';
import { deny, type Deny } from './verdict.ts';

const field = 'spec.serviceAccountName';

/** Somebody who wants actions run as an account. */
export interface AccountRequest {
  readonly user: string;
  readonly namespace: string;
  readonly account: string;
}

/**
 * The account whose use takes a right, or undefined: everybody who may create an execution may have it run as the
 * default one.
 */
export function accountToAskFor(spec: unknown): string | undefined {
  const name: unknown =
    typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'serviceAccountName') : undefined;
  const account = serviceAccountOf(typeof name === 'string' ? name : undefined);
  return account === defaultServiceAccountName ? undefined : account;
}

/**
 * The same for a workflow that is written. Whoever changes what runs under an account uses it as much as one who
 * names it; pausing, deciding and everything beside the spec changes nothing of that.
 */
export function accountToAskForOnWrite(before: unknown, after: unknown): string | undefined {
  const account = accountToAskFor(after);
  if (account === undefined || JSON.stringify(before) === JSON.stringify(after)) return undefined;
  const [old, written] = [before, after].map((spec) => workflowExecutionSpecSchema.safeParse(spec));
  if (!old?.success || !written?.success) return account;
  return canonicalSpec(old.data) === canonicalSpec(written.data) ? undefined : account;
}

/** The denial of who lacks the right, with the rule that gives it. */
export function serviceAccountNotAllowed({ user, namespace, account }: AccountRequest): Deny {
  const rule = `{apiGroups: [""], resources: [serviceaccounts], resourceNames: [${account}], verbs: [${useVerb}]}`;
  const message =
    `${user} may not have actions run as ServiceAccount "${account}" of namespace "${namespace}": ` +
    `that takes a Role there with the rule ${rule}.`;
  return deny(403, 'Forbidden', message, [{ reason: 'ServiceAccountNotAllowed', field, message }]);
}

/** Whether they have it could not be found out: that is no. */
export function serviceAccountUnknown({ user, namespace, account }: AccountRequest, why: string): Deny {
  const message =
    `Whether ${user} may have actions run as ServiceAccount "${account}" of namespace "${namespace}" ` +
    `cannot be found out now (${why}): denied.`;
  return deny(403, 'Forbidden', message, [{ reason: 'AuthorizerFailed', field, message }]);
}
