import type { AIAnalysisStatus, ApprovalContext } from '../../src/api/ai-analysis.ts';
import { visibleText } from '../../src/policy/hostile-characters.ts';
import type { EventFacts } from '../../src/kube/event-object.ts';
import type { ConditionDraft } from '../workflow/workflow-conditions.ts';
import type { Decided, EndOfRequest } from './end-of-request.ts';

/** The fields of a status that change; null removes one. */
type ChangedFields = {
  readonly [Field in keyof AIAnalysisStatus]?: AIAnalysisStatus[Field] | null;
};

/** What becomes of an analysis in one write of its status, and what is said of it then. */
export interface AnalysisChange {
  readonly status: ChangedFields;
  readonly conditions: readonly ConditionDraft[];
  readonly event?: Pick<EventFacts, 'type' | 'reason' | 'action' | 'note'>;
}

/** How a person decides, as it is kept in `approvalMethod`. */
const method = 'AIApprovalRequest';

/** A message in a status is for a person: the rest is in the objects that it names. */
const longestMessage = 4_096;

function condition(
  type: string,
  status: ConditionDraft['status'],
  reason: string,
  message: string,
): ConditionDraft {
  return { type, status, reason, message: visibleText(message, longestMessage) };
}

/** A request is about to be created; from now on what is recommended is frozen. */
export function asksForApproval(facts: {
  readonly request: string;
  /** RFC 3339. */
  readonly requestedAt: string;
  readonly why: string;
  readonly context: ApprovalContext;
  readonly command: string;
}): AnalysisChange {
  const message = `A person has to decide, because ${facts.why}: ${facts.command}`;
  return {
    status: {
      phase: 'approving',
      approvalRequestName: facts.request,
      approvalRequestedAt: facts.requestedAt,
      approvalStatus: 'Pending',
      approvalContext: facts.context,
      message: message.slice(0, longestMessage),
    },
    conditions: [
      condition('Progressing', 'False', 'ApprovalRequired', message),
      condition('Approved', 'False', 'ApprovalRequired', facts.why),
    ],
    event: { type: 'Normal', reason: 'ApprovalRequested', action: 'RequestApproval', note: message },
  };
}

/** No person is needed; from now on what is recommended is frozen. */
export function needsNobody(): AnalysisChange {
  return {
    status: { phase: 'approved', approvalStatus: 'NotRequired', message: null },
    conditions: [
      condition('Progressing', 'True', 'WorkflowStarting', 'Its workflow is about to be created'),
      condition('Approved', 'True', 'NotRequired', 'Its workflow needs no approval'),
    ],
  };
}

function approvedStatus(by: Decided | undefined): ChangedFields {
  if (by === undefined) return {};
  return {
    approvalStatus: 'Approved',
    approvedBy: by.by,
    ...(by.at === undefined ? {} : { approvalTime: by.at }),
    approvalMethod: method,
  };
}

function approvedConditions(by: Decided | undefined): readonly ConditionDraft[] {
  return by === undefined ? [] : [condition('Approved', 'True', 'Approved', `Approved by ${by.by}`)];
}

/** Its workflow is there. Where a person had to approve it, `by` did. */
export function startsWorkflow(
  workflow: { readonly name: string; readonly uid: string },
  by: Decided | undefined,
): AnalysisChange {
  const message = `WorkflowExecution ${workflow.name} runs`;
  const who = by === undefined ? '' : `, approved by ${by.by}`;
  return {
    status: { phase: 'approved', ...approvedStatus(by), workflowExecutionRef: workflow, message },
    conditions: [condition('Progressing', 'True', 'WorkflowRunning', message), ...approvedConditions(by)],
    event: { type: 'Normal', reason: 'WorkflowStarted', action: 'StartWorkflow', note: `${message}${who}` },
  };
}

/** A person has said no, or nobody has said anything in time. */
export function isRejected(end: EndOfRequest, timeout: string, now: string): AnalysisChange {
  const decided = end.kind === 'Expired' ? undefined : end;
  const reason =
    decided === undefined ? `Nobody has decided within ${timeout}` : decided.message || 'No reason was given';
  const message = decided === undefined ? reason : `Rejected by ${decided.by}: ${reason}`;
  const ended = decided === undefined ? 'ApprovalExpired' : 'Rejected';
  return {
    status: {
      phase: 'rejected',
      approvalStatus: 'Rejected',
      ...(decided === undefined ? {} : { rejectedBy: decided.by, approvalMethod: method }),
      ...(decided?.at === undefined ? {} : { approvalTime: decided.at }),
      rejectionReason: reason,
      completionTime: now,
      message: message.slice(0, longestMessage),
    },
    conditions: [
      condition('Progressing', 'False', ended, message),
      condition('Approved', 'False', ended, message),
    ],
    event: { type: 'Warning', reason: ended, action: 'Reject', note: message },
  };
}

/** It cannot be acted upon, or its workflow has failed. */
export function fails(reason: string, why: string, now: string, by?: Decided): AnalysisChange {
  const message = why.slice(0, longestMessage);
  return {
    status: { phase: 'failed', ...approvedStatus(by), completionTime: now, message },
    conditions: [condition('Progressing', 'False', reason, message), ...approvedConditions(by)],
    event: { type: 'Warning', reason, action: 'Fail', note: message },
  };
}

/** It fails while a person was to be asked, and nobody need decide any more. */
export function failsUnapproved(reason: string, why: string, now: string): AnalysisChange {
  const change = fails(reason, why, now);
  return { ...change, status: { ...change.status, approvalStatus: null } };
}

/** Its workflow is completed. */
export function completes(message: string, now: string): AnalysisChange {
  return {
    status: { phase: 'completed', completionTime: now, message: message.slice(0, longestMessage) },
    conditions: [condition('Progressing', 'False', 'Completed', message)],
    event: { type: 'Normal', reason: 'Completed', action: 'Complete', note: message },
  };
}
