import { analysisPolicy } from './analysis-policy.ts';
import { approvalRequestPolicy } from './approval-request-policy.ts';
import { executionIdentityPolicy } from './execution-identity-policy.ts';
import type { Installation } from './installation.ts';
import { journalWriterPolicy } from './journal-writer-policy.ts';
import { rollbackMarkPolicy } from './rollback-mark-policy.ts';
import { statusWriterPolicy } from './status-writer-policy.ts';
import { tokenRequestPolicy } from './token-request-policy.ts';
import type { SchemaObject } from './structural-schema.ts';

/**
 * Every ValidatingAdmissionPolicy, each with its binding. They hold with the webhook down. The journal's comes
 * last: where it denies, the others are in use too.
 */
export function validatingAdmissionPolicies(
  installation: Installation,
): readonly (readonly [policy: SchemaObject, binding: SchemaObject])[] {
  return [
    executionIdentityPolicy(),
    rollbackMarkPolicy(installation),
    statusWriterPolicy(installation),
    analysisPolicy(installation),
    approvalRequestPolicy(installation),
    tokenRequestPolicy(installation),
    journalWriterPolicy(installation),
  ];
}
