import { sha256 } from '../../api/sha256.ts';
import type { WorkflowExecutionSpec } from '../../api/workflow-execution.ts';
import { canonicalSpec } from './canonical-spec.ts';

/** `sha256:` and 64 hexadecimal digits: what is approved. */
export function specHash(spec: WorkflowExecutionSpec): string {
  return `sha256:${sha256(canonicalSpec(spec))}`;
}
