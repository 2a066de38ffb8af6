import { z } from 'zod';
import {
  actionSchema,
  maxRetriesSchema,
  parametersSchema,
  serviceAccountNameSchema,
  stepNumberSchema,
  timeoutSchema,
} from './action-fields.ts';
import { conditionsSchema } from './condition.ts';
import { resourceFields } from './object-meta.ts';
import { executionPhases } from './phase.ts';

/**
 * Which workflow an execution belongs to. The fields are corev1.ObjectReference's, for that is what
 * kubernaut's clients send; a reference without a name says nothing (Go clients send `{}` for none).
 */
export const workflowReferenceSchema = z.object({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  fieldPath: z.string().optional(),
});

/** What is to be done. Immutable, but for `approvalReceived`. */
export const kubernetesExecutionSpecSchema = z.object({
  workflowExecutionRef: workflowReferenceSchema
    .describe('The workflow of this execution, in the same namespace.')
    .optional(),
  stepNumber: stepNumberSchema,
  action: actionSchema,
  parameters: parametersSchema.optional(),
  targetCluster: z.string().max(253).optional(),
  maxRetries: maxRetriesSchema.optional(),
  timeout: timeoutSchema.optional(),
  approvalReceived: z
    .boolean()
    .describe('Set by an approval process of others; stepgate does not read it.')
    .optional(),
  serviceAccountName: serviceAccountNameSchema.optional(),
});

/** How far it is. Fields of other controllers are kept. */
export const kubernetesExecutionStatusSchema = z.looseObject({
  phase: z
    .enum(executionPhases)
    .describe('completed, failed and rollback_ready are settled, for ever: the execution holds no slot.')
    .optional(),
  observedGeneration: z.int().min(0).optional(),
  attempts: z.int().min(0).optional(),
  interruptions: z
    .int()
    .min(0)
    .describe(
      'How many of the attempts ended with the controller that made them; maxRetries does not count them.',
    )
    .optional(),
  unanswered: z
    .int()
    .min(0)
    .describe(
      'How many of the attempts ended with a request that the API server did not answer; maxRetries does not count them.',
    )
    .optional(),
  executor: z.string().describe('The controller process that made the latest attempt.').optional(),
  startTime: z.iso.datetime({ offset: true }).optional(),
  completionTime: z.iso.datetime({ offset: true }).optional(),
  message: z.string().optional(),
  result: z
    .unknown()
    .describe('What the action returned; until it does, and where it returns nothing, what it remembered.')
    .optional(),
  conditions: conditionsSchema.optional(),
});

/** An execution: `kubernetesexecutions.kubernetesexecution.kubernaut.io/v1alpha1`. */
export const kubernetesExecutionSchema = z
  .object({
    ...resourceFields,
    spec: kubernetesExecutionSpecSchema,
    status: kubernetesExecutionStatusSchema.optional(),
  })
  .describe(
    'One step of a workflow being done. It holds a slot of its workflow until it is settled or gone.',
  );

export type WorkflowReference = z.infer<typeof workflowReferenceSchema>;
export type KubernetesExecutionSpec = z.infer<typeof kubernetesExecutionSpecSchema>;
export type KubernetesExecutionStatus = z.infer<typeof kubernetesExecutionStatusSchema>;
/** An execution: one step being done. */
export type KubernetesExecution = z.infer<typeof kubernetesExecutionSchema>;
