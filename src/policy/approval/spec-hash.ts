import { createHash } from 'node:crypto';
import type { WorkflowExecutionSpec } from '../../api/workflow-execution.ts';
import { canonicalSpec } from './canonical-spec.ts';

/** `sha256:` and 64 hexadecimal digits: what is approved. */
export function specHash(spec: WorkflowExecutionSpec): string {
  return `sha256:${createHash('sha256').update(canonicalSpec(spec)).digest('hex')}`;
}
