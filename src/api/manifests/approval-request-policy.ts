import { expiredCondition } from '../ai-approval-request.ts';
import { aiApprovalRequestKind } from '../names.ts';
import { controllerUserName, type Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const approvalRequestPolicyName = 'stepgate-approval-request';

/**
 * A request for approval says what the controller has read in an analysis, to the end: nobody else creates one, nobody
 * changes its spec, and nobody else declares it expired. CEL in a schema does not see the spec's workflow, which holds any
 * values, nor who asks.
 */
export function approvalRequestPolicy(installation: Installation): readonly [SchemaObject, SchemaObject] {
  const controller = controllerUserName(installation);
  const match = { apiGroups: [aiApprovalRequestKind.group], apiVersions: ['*'], scope: 'Namespaced' };
  const { plural } = aiApprovalRequestKind;
  return validatingAdmissionPolicy({
    name: approvalRequestPolicyName,
    resourceRules: [
      { ...match, operations: ['CREATE', 'UPDATE'], resources: [plural] },
      { ...match, operations: ['UPDATE'], resources: [`${plural}/status`] },
    ],
    validations: [
      {
        expression: `request.operation != 'CREATE' || request.userInfo.username == '${controller}'`,
        message: `AIApprovalRequests are created by ${controller} alone: what a person is shown must be what an analysis recommends.`,
        reason: 'Forbidden',
      },
      {
        expression: "request.operation != 'UPDATE' || object.?spec == oldObject.?spec",
        message: 'spec is immutable: what was shown is what is decided on',
        reason: 'Invalid',
      },
      {
        expression:
          `request.operation != 'UPDATE' || request.userInfo.username == '${controller}'` +
          ` || ${expiryOf('object')} == ${expiryOf('oldObject')}`,
        message: `the condition ${expiredCondition} is written by ${controller} alone`,
        reason: 'Forbidden',
      },
    ],
  });
}

function expiryOf(object: 'object' | 'oldObject'): string {
  return `${object}.?status.?conditions.orValue([]).filter(c, c.type == '${expiredCondition}')`;
}
