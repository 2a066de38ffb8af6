import { kubernetesExecutionSchema } from '../kubernetes-execution.ts';
import { kubernetesExecutionKind, slotJournalKind, workflowExecutionKind, workflowLabel } from '../names.ts';
import { settledExecutionPhases, settledWorkflowPhases } from '../phase.ts';
import { slotJournalSchema } from '../slot-journal.ts';
import { workflowExecutionSchema } from '../workflow-execution.ts';
import { aiAnalysisResource, aiApprovalRequestResource } from './analysis-resources.ts';
import { annotationPath } from './annotation-column.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';
import type { CustomResource } from './custom-resource-definition.ts';
import type { SchemaObject } from './structural-schema.ts';
import { immutableSpecField, settledIsForEver } from './transition-rules.ts';

const workflowExecution: CustomResource = {
  kind: workflowExecutionKind,
  shortNames: ['wfe'],
  schema: workflowExecutionSchema,
  transitionRules: [settledIsForEver(settledWorkflowPhases)],
  printerColumns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Steps', type: 'string', jsonPath: annotationPath('stepCount') },
    {
      name: 'Needs-Approval',
      type: 'string',
      jsonPath: annotationPath('required'),
      description: 'true: no execution is admitted until the workflow is approved',
    },
    {
      name: 'Active',
      type: 'integer',
      jsonPath: '.status.activeSteps',
      description: 'Executions that hold a slot',
    },
    {
      name: 'Queued',
      type: 'integer',
      jsonPath: '.status.queuedSteps',
      description: 'Steps that wait for a slot',
    },
    {
      name: 'Decided-By',
      type: 'string',
      jsonPath: annotationPath('approvedBy'),
      description: 'Who approved or rejected it',
    },
    // A hash is long: it comes last.
    {
      name: 'Approved',
      type: 'string',
      jsonPath: annotationPath('approved'),
      description: 'true or the hash of the spec: approved; false: rejected',
    },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
  ],
  selectableFields: ['.status.phase'],
  status: true,
};

const kubernetesExecution: CustomResource = {
  kind: kubernetesExecutionKind,
  shortNames: ['ke'],
  schema: kubernetesExecutionSchema,
  transitionRules: [
    settledIsForEver(settledExecutionPhases),
    // spec.parameters holds any values, so CEL in a schema cannot see it: a ValidatingAdmissionPolicy keeps it.
    ...[
      'workflowExecutionRef',
      'stepNumber',
      'action',
      'targetCluster',
      'maxRetries',
      'timeout',
      'serviceAccountName',
    ].map(immutableSpecField),
  ],
  printerColumns: [
    { name: 'Workflow', type: 'string', jsonPath: `.metadata.labels.${workflowLabel}` },
    { name: 'Step', type: 'integer', jsonPath: '.spec.stepNumber' },
    { name: 'Action', type: 'string', jsonPath: '.spec.action' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', priority: 1 },
  ],
  selectableFields: ['.status.phase'],
  status: true,
};

/** The journal has no rules and no status: it is written on the way of every admitted create. */
const slotJournal: CustomResource = {
  kind: slotJournalKind,
  schema: slotJournalSchema,
  printerColumns: [{ name: 'Compacted-Through', type: 'string', jsonPath: '.spec.compactedThrough' }],
  status: false,
};

/** The CustomResourceDefinitions of all kinds, made from their zod schemas. */
export function customResourceDefinitions(): readonly SchemaObject[] {
  return [
    workflowExecution,
    kubernetesExecution,
    aiAnalysisResource,
    aiApprovalRequestResource,
    slotJournal,
  ].map(customResourceDefinition);
}
