import { completeIdentity, restoreIdentity } from '../../src/policy/identity-patch.ts';
import { allowed, type Verdict } from '../../src/policy/verdict.ts';
import { identifyWorkflow } from '../../src/policy/workflow-identity.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { markedExecution } from './marked-execution.ts';

/**
 * Completes the label of an execution on CREATE, and gives back on UPDATE what replace and apply drop. It refuses
 * nothing: an execution without a workflow is for the validating side, which sees the final object.
 */
export async function mutateExecution(request: AdmissionRequest): Promise<Verdict> {
  const { operation, object, oldObject, namespace } = request;
  if (object === undefined) return allowed;
  if (operation === 'UPDATE') {
    return patched(restoreIdentity(oldObject?.metadata ?? {}, object.metadata ?? {}));
  }
  const identity = identifyWorkflow(markedExecution(object, namespace));
  return 'decision' in identity
    ? allowed
    : patched(completeIdentity(identity.workflow, object.metadata ?? {}));
}

function patched(operations: ReturnType<typeof completeIdentity>): Verdict {
  return operations.length === 0 ? allowed : { decision: 'patch', operations };
}
