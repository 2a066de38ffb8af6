import type { ValidationRule } from './custom-resource-definition.ts';

/**
 * Rules about what may become of an object. They stand at the root of the schema: at `.status` or `.spec` a
 * rule is undone by removing the field first and setting it anew (a rule of oldSelf needs an old value).
 */

/** Once `status.phase` is one of `phases`, it stays one of them, and can be taken away by no verb. */
export function settledIsForEver(phases: readonly string[]): ValidationRule {
  const list = `[${phases.map((phase) => `'${phase}'`).join(', ')}]`;
  return {
    rule: `!(oldSelf.?status.?phase.orValue('') in ${list}) || self.?status.?phase.orValue('') in ${list}`,
    message: `settled is for ever: status.phase may still change among ${phases.join(', ')}, never back, and cannot be removed`,
    reason: 'FieldValueForbidden',
    fieldPath: '.status.phase',
  };
}

/**
 * A field of the spec that keeps its first value, absence included. CEL must be able to see the field: maps of
 * any value are hidden from it. Written with `has`, because the API server takes the equality of two optionals
 * for a comparison without bounds and refuses the rule for its cost.
 */
export function immutableSpecField(field: string): ValidationRule {
  const [now, before] = [`self.spec.${field}`, `oldSelf.spec.${field}`];
  return {
    rule: `has(${now}) == has(${before}) && (!has(${now}) || ${now} == ${before})`,
    message: `spec.${field} is immutable: what an execution does is decided when it is created`,
    reason: 'FieldValueForbidden',
    fieldPath: `.spec.${field}`,
  };
}
