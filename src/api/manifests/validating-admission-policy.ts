import { manifestLabels } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';

/** A ValidatingAdmissionPolicy that denies: what it matches and what must hold. */
export interface AdmissionPolicy {
  readonly name: string;
  readonly resourceRules: readonly SchemaObject[];
  /** CEL that tells which requests are looked at; all that match the rules where there is none. */
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  /** CEL that the validations share, as `variables.<name>`. Evaluated only where used. */
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly AdmissionPolicyRule[];
}

/** `expression` must hold. `reason` is the metav1.StatusReason of the denial. */
export interface AdmissionPolicyRule {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly reason: 'Forbidden' | 'Invalid';
}

/** The policy and its binding (admissionregistration.k8s.io/v1). A rule that cannot be evaluated denies. */
export function validatingAdmissionPolicy(policy: AdmissionPolicy): readonly [SchemaObject, SchemaObject] {
  const metadata = { name: policy.name, labels: manifestLabels };
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { matchPolicy: 'Equivalent', resourceRules: policy.resourceRules },
        ...(policy.matchConditions && { matchConditions: policy.matchConditions }),
        ...(policy.variables && { variables: policy.variables }),
        validations: policy.validations,
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: policy.name, validationActions: ['Deny'] },
    },
  ];
}
