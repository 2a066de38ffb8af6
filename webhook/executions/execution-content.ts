import { kubernetesExecutionSpecSchema } from '../../src/api/kubernetes-execution.ts';
import { inexactness } from '../../src/policy/approval/canonical-json.ts';
import type { ExecutionContent } from '../../src/policy/approval/gate-execution.ts';

/**
 * What an execution would do, or undefined where that cannot be read exactly, or its spec is none: the CRD's schema
 * refuses that.
 */
export function executionContent(spec: unknown): ExecutionContent | undefined {
  const parsed = kubernetesExecutionSpecSchema.safeParse(spec);
  if (!parsed.success || inexactness(spec) !== undefined) return undefined;
  const { stepNumber, action, parameters = {}, targetCluster, serviceAccountName } = parsed.data;
  return { stepNumber, action, parameters, targetCluster, serviceAccountName };
}
