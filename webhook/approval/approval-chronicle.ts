import { workflowExecutionKind } from '../../src/api/names.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import type { Stamping } from '../../src/policy/approval/stamp-workflow.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';

/** Tells people what became of an approval. */
export interface ApprovalChronicle {
  record(request: AdmissionRequest, stamping: Stamping): void;
}

/** Counts decisions; src/observability has the prom-client side. */
export interface ApprovalMetrics {
  readonly happened: (what: NonNullable<Stamping['happened']>) => void;
}

/**
 * Writes an Event on the workflow and counts. The object is not stored yet when it does: where the API server
 * refuses it after us, the Event is one too many.
 */
export function createApprovalChronicle(events: EventRecorder, metrics: ApprovalMetrics): ApprovalChronicle {
  return {
    record({ namespace, name, object, userInfo }, { happened, annotations, approvingCommand }) {
      if (happened === undefined) return;
      metrics.happened(happened);
      const { group, version, kind } = workflowExecutionKind;
      const uid = object?.metadata?.uid;
      events.record({
        regarding: {
          apiVersion: `${group}/${version}`,
          kind,
          namespace,
          name,
          ...(uid === undefined ? {} : { uid }),
        },
        type: happened === 'voided' || happened === 'rejected' ? 'Warning' : 'Normal',
        ...wordsOf(happened, userInfo.username, annotations, approvingCommand),
      });
    },
  };
}

function wordsOf(
  happened: NonNullable<Stamping['happened']>,
  user: string,
  { reason, approvedBy, approvedSpec, request }: Stamping['annotations'],
  approvingCommand: string | undefined,
): { reason: string; action: string; note: string } {
  switch (happened) {
    case 'required':
      return {
        reason: 'ApprovalRequired',
        action: 'AwaitApproval',
        note: `${reason}. To approve it: ${approvingCommand}`,
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
