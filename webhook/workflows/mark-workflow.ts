import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { isGated } from '../../src/policy/approval/is-gated.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import { deny, type Deny } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { SlotsUnavailableError } from '../journal/journal-errors.ts';
import type { NewMark } from '../journal/workflow-marks.ts';
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
  const { namespace } = request;
  try {
    await keeper.mark(namespace, markOf(request), deadline - answerMarginMilliseconds);
    return undefined;
  } catch (error) {
    if (error instanceof SlotsUnavailableError) return unmarked(error);
    throw error;
  }
}

/**
 * A watch that shows the uid of a new workflow shows that its create is over; of an update nothing is known so soon. The
 * name of a request has a slash in it, so that no uid is one, whatever a request says its uid is.
 */
function markOf({ operation, uid, name, object }: AdmissionRequest): NewMark {
  const by = `request/${uid}`;
  const created = operation === 'CREATE' ? object?.metadata?.uid : undefined;
  return created === undefined ? { workflow: name, by } : { workflow: name, by: created, request: by };
}

/** Let through unmarked, it might get executions by what replicas knew before. */
function unmarked({ reason, message: why }: SlotsUnavailableError): Deny {
  const message =
    'stepgate cannot make sure now that no execution is admitted on what this workflow was before, ' +
    `and does not let the write through without: ${why}. Try again.`;
  return deny(503, 'ServiceUnavailable', message, [{ reason, message }]);
}

/**
 * True for a new spec, or a rejection, of a workflow that caches may show as one that is not gated. The threshold in
 * force may differ from replica to replica; the one that is stamped does not. Whether what was there before was gated
 * hangs on both, so it is believed of none but what is gated at any threshold.
 */
function beginsToBeGated(
  { operation, object, oldObject }: AdmissionRequest,
  { annotations }: Pick<Stamping, 'annotations'>,
): boolean {
  const { stepCount, threshold, approved } = annotations;
  if (!isGated({ stepCount, threshold, decision: approved }, 0)) return false;
  if (operation === 'CREATE') return true;
  const before = oldObject?.metadata?.annotations ?? {};
  const decisionBefore = before[approvalAnnotations.approved];
  const isRejection = approved === 'false' && decisionBefore !== 'false';
  if (!isRejection && JSON.stringify(oldObject?.['spec']) === JSON.stringify(object?.['spec'])) return false;
  const stamps = {
    stepCount: before[approvalAnnotations.stepCount],
    threshold: before[approvalAnnotations.threshold],
    decision: decisionBefore,
  };
  return !isGated(stamps, Number.POSITIVE_INFINITY);
}
