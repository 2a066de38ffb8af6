import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { isGated } from '../../src/policy/approval/is-gated.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import { slotsUnavailable } from '../../src/policy/execution-refusals.ts';
import type { Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { SlotsUnavailableError } from '../journal/journal-errors.ts';
import type { SlotKeeper } from '../journal/slot-keeper.ts';

/** Given back by the guard before its own deadline, so that the reason is ours. Milliseconds. */
const answerMarginMilliseconds = 100;

/** Where it is written down. */
export type WorkflowMarker = Pick<SlotKeeper, 'mark'>;

/**
 * Writes down a workflow that begins to need approval, or that is rejected, before that is let through: an execution
 * that is sent after this write was acknowledged is then not admitted by a cache that shows the workflow before it.
 * Undefined, or why it could not be written down.
 */
export async function markWorkflow(
  request: AdmissionRequest,
  stamping: Pick<Stamping, 'annotations'>,
  keeper: WorkflowMarker,
  deadline: number,
): Promise<Deny | undefined> {
  if (request.dryRun || !beginsToBeGated(request, stamping)) return undefined;
  const { namespace, name, uid } = request;
  try {
    await keeper.mark(namespace, { workflow: name, by: uid }, deadline - answerMarginMilliseconds);
    return undefined;
  } catch (error) {
    if (error instanceof SlotsUnavailableError) return slotsUnavailable(error.reason, error.message);
    throw error;
  }
}

/**
 * True where caches may show a workflow of this name that is not gated. The threshold in force may differ from
 * replica to replica; the one that is stamped does not.
 */
function beginsToBeGated(
  { operation, oldObject }: AdmissionRequest,
  { annotations }: Pick<Stamping, 'annotations'>,
): boolean {
  const { stepCount, threshold, approved } = annotations;
  if (!isGated({ stepCount, threshold, decision: approved }, 0)) return false;
  if (operation === 'CREATE') return true;
  const before = oldObject?.metadata?.annotations ?? {};
  const stamps = {
    stepCount: before[approvalAnnotations.stepCount],
    threshold: before[approvalAnnotations.threshold],
    decision: before[approvalAnnotations.approved],
  };
  return !isGated(stamps, 0);
}
