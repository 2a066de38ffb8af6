import { expiredCondition } from '../ai-approval-request.ts';
import type { ValidationRule } from './custom-resource-definition.ts';

/** Rules about what may become of an analysis and of a decision; as all of them, at the root of the schema. */

function listed(phases: readonly string[]): string {
  return `[${phases.map((phase) => `'${phase}'`).join(', ')}]`;
}

const phaseOf = (object: 'self' | 'oldSelf') => `${object}.?status.?phase.orValue('')`;

/** Once `status.phase` is one of these it stays one of them, and can be taken away by no verb. */
export function phaseStaysAmong(phases: readonly string[]): ValidationRule {
  const list = listed(phases);
  return {
    rule: `!(${phaseOf('oldSelf')} in ${list}) || ${phaseOf('self')} in ${list}`,
    message: `status.phase never goes back: it stays among ${phases.join(', ')}, and cannot be removed`,
    reason: 'FieldValueForbidden',
    fieldPath: '.status.phase',
  };
}

/** Once `status.phase` is this one, it stays so. */
export function phaseStaysWhatItIs(phase: string): ValidationRule {
  return {
    rule: `${phaseOf('oldSelf')} != '${phase}' || ${phaseOf('self')} == '${phase}'`,
    message: `${phase} is final: nothing becomes of the analysis any more`,
    reason: 'FieldValueForbidden',
    fieldPath: '.status.phase',
  };
}

/**
 * A field that keeps its first value. `later` ones may be absent at first; those written `with the object` keep their
 * absence too. Written with `has`: see `immutableSpecField`.
 */
export function writtenOnce(
  part: 'spec' | 'status',
  field: string,
  when: 'later' | 'with the object' = 'later',
): ValidationRule {
  const has = (object: string) => `has(${object}.${part}) && has(${object}.${part}.${field})`;
  const now = `self.${part}.${field}`;
  const kept = `!(${has('oldSelf')}) || (${has('self')} && ${now} == oldSelf.${part}.${field})`;
  const stillAbsent = `(${has('oldSelf')}) || !(${has('self')})`;
  return {
    rule: when === 'later' ? kept : `(${kept}) && (${stillAbsent})`,
    message: `${part}.${field} is written once`,
    reason: 'FieldValueForbidden',
    fieldPath: `.${part}.${field}`,
  };
}

/** Equal, absence included; written with `has`, because a time has no value that stands for none. */
function statusFieldKept(field: string): string {
  const has = (object: string) => `has(${object}.status.${field})`;
  return `(${has('self')} == ${has('oldSelf')} && (!${has('self')} || self.status.${field} == oldSelf.status.${field}))`;
}

const decisionFields = ['decision', 'decidedBy', 'decidedAt', 'decidedUnder', 'message'];

/** What was decided stays decided, by whom, when and why. */
export const decisionIsFinal: ValidationRule = {
  rule:
    '!has(oldSelf.status) || !has(oldSelf.status.decision) || ' +
    `(has(self.status) && ${decisionFields.map(statusFieldKept).join(' && ')})`,
  message: 'a decision is final: it is neither changed nor taken back',
  reason: 'FieldValueForbidden',
  fieldPath: '.status.decision',
};

/** Written with `has`: through optionals the API server loses sight of the list's bound, and refuses the rule for its cost. */
const isExpired = (object: 'self' | 'oldSelf') =>
  `(has(${object}.status) && has(${object}.status.conditions) && ` +
  `${object}.status.conditions.exists(c, c.type == '${expiredCondition}' && c.status == 'True'))`;

/** What has expired is not decided on any more, nor does it come back. A decision from before is kept by another rule. */
export const expiryIsFinal: ValidationRule = {
  rule: `!${isExpired('oldSelf')} || (${isExpired('self')} && (!has(self.status.decision) || has(oldSelf.status.decision)))`,
  message: 'the request has expired: it is too late for a decision',
  reason: 'FieldValueForbidden',
  fieldPath: '.status.decision',
};

/** What was decided does not expire: of a decision and an expiry that race, one wins. */
export const decidedDoesNotExpire: ValidationRule = {
  rule: `!has(oldSelf.status) || !has(oldSelf.status.decision) || !${isExpired('self')} || ${isExpired('oldSelf')}`,
  message: 'the request was decided on: it does not expire any more',
  reason: 'FieldValueForbidden',
  fieldPath: '.status.conditions',
};
