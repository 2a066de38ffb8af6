import { aiAnalysisSchema } from '../ai-analysis.ts';
import { aiApprovalRequestSchema } from '../ai-approval-request.ts';
import { aiAnalysisKind, aiApprovalRequestKind } from '../names.ts';
import { frozenAnalysisPhases, finalAnalysisPhases } from '../phase.ts';
import {
  decidedDoesNotExpire,
  decisionIsFinal,
  expiryIsFinal,
  phaseStaysAmong,
  phaseStaysWhatItIs,
  writtenOnce,
} from './analysis-rules.ts';
import type { CustomResource } from './custom-resource-definition.ts';

/** What an AI proposes. Its recommendations hold any values, so a ValidatingAdmissionPolicy freezes them, not CEL here. */
export const aiAnalysisResource: CustomResource = {
  kind: aiAnalysisKind,
  shortNames: ['aia'],
  schema: aiAnalysisSchema,
  transitionRules: [
    phaseStaysAmong(frozenAnalysisPhases),
    ...finalAnalysisPhases.map(phaseStaysWhatItIs),
    writtenOnce('status', 'approvalRequestName'),
    writtenOnce('status', 'approvalRequestedAt'),
    writtenOnce('status', 'workflowExecutionRef'),
    writtenOnce('spec', 'targetNamespace', 'with the object'),
    writtenOnce('spec', 'serviceAccountName', 'with the object'),
  ],
  printerColumns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Approval', type: 'string', jsonPath: '.status.approvalStatus' },
    { name: 'Request', type: 'string', jsonPath: '.status.approvalRequestName' },
    { name: 'Workflow', type: 'string', jsonPath: '.status.workflowExecutionRef.name' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
  ],
  selectableFields: ['.status.phase'],
  status: true,
};

/** What a person decides on. */
export const aiApprovalRequestResource: CustomResource = {
  kind: aiApprovalRequestKind,
  shortNames: ['aiapproval'],
  schema: aiApprovalRequestSchema,
  transitionRules: [decisionIsFinal, expiryIsFinal, decidedDoesNotExpire],
  printerColumns: [
    { name: 'Analysis', type: 'string', jsonPath: '.spec.aiAnalysisRef.name' },
    { name: 'Steps', type: 'integer', jsonPath: '.spec.workflow.stepCount' },
    {
      name: 'Decision',
      type: 'string',
      jsonPath: '.status.decision',
      description: 'Empty: it waits for a person',
    },
    { name: 'Decided-By', type: 'string', jsonPath: '.status.decidedBy' },
    {
      name: 'Expired',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Expired")].status',
      description: 'True: nobody has decided in time',
    },
    { name: 'Timeout', type: 'string', jsonPath: '.spec.timeout' },
    { name: 'Why', type: 'string', jsonPath: '.spec.reason', description: 'Why a person has to decide' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
  ],
  selectableFields: ['.status.decision', '.spec.aiAnalysisRef.name'],
  status: true,
};
