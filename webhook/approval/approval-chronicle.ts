import { approvalAnnotations as names, type ApprovalAnnotation } from '../../src/api/approval-annotations.ts';
import { workflowExecutionKind } from '../../src/api/names.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AdmittedDecisions } from './admitted-decisions.ts';

/** Tells people what became of an approval. */
export interface ApprovalChronicle {
  /** The write is about to be admitted. It is told once a watch has shown it, and never where it is lost. */
  admitted(request: AdmissionRequest, stamping: Stamping): void;
}

/** Counts decisions; src/observability has the prom-client side. */
export interface ApprovalMetrics {
  readonly happened: (what: NonNullable<Stamping['happened']>) => void;
}

/** What it is made of. */
export interface ApprovalChronicleOptions {
  readonly events: EventRecorder;
  readonly metrics: ApprovalMetrics;
  /** Told by the watch of workflows what is stored. */
  readonly decisions: Pick<AdmittedDecisions, 'add'>;
}

/** Writes an Event on the workflow and counts, for each write that is stored. */
export function createApprovalChronicle({
  events,
  metrics,
  decisions,
}: ApprovalChronicleOptions): ApprovalChronicle {
  const { group, version, kind } = workflowExecutionKind;
  return {
    admitted({ namespace, name, object, oldObject, userInfo }, { happened, annotations, ...more }) {
      const uid = object?.metadata?.uid;
      if (happened === undefined || uid === undefined) return;
      const regarding = { apiVersion: `${group}/${version}`, kind, namespace, name, uid };
      const type = happened === 'voided' || happened === 'rejected' ? 'Warning' : 'Normal';
      const words = wordsOf(happened, userInfo.username, annotations, more);
      decisions.add({
        namespace,
        name,
        uid,
        base: oldObject?.metadata?.resourceVersion,
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([stamp, value]) => [names[stamp as ApprovalAnnotation], value]),
        ),
        stored() {
          metrics.happened(happened);
          events.record({ regarding, type, ...words });
        },
      });
    },
  };
}

function wordsOf(
  happened: NonNullable<Stamping['happened']>,
  user: string,
  { reason, approvedBy, approvedSpec, request }: Stamping['annotations'],
  { approvingCommand, undoing }: Pick<Stamping, 'approvingCommand' | 'undoing'>,
): { reason: string; action: string; note: string } {
  switch (happened) {
    case 'required':
      return {
        reason: 'ApprovalRequired',
        action: 'AwaitApproval',
        note: [`${reason}.`, undoing, `To approve it: ${approvingCommand}`]
          .filter((text) => text !== undefined)
          .join(' '),
      };
    case 'approved':
      return {
        reason: 'Approved',
        action: 'Approve',
        // A workflow that was approved before it existed is created by the controller.
        note: `${approvedBy} approved ${approvedSpec}${request === undefined ? '' : ` in AIApprovalRequest ${request}`}`,
      };
    case 'rejected':
      return { reason: 'Rejected', action: 'Reject', note: `${user} rejected ${approvedSpec}` };
    case 'voided':
      return {
        reason: 'ApprovalVoided',
        action: 'Edit',
        note: `${user} changed the spec: the decision on it is void`,
      };
    case 'withdrawn':
      return { reason: 'ApprovalWithdrawn', action: 'Withdraw', note: `${user} withdrew the approval` };
  }
}
