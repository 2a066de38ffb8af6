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
import { countEdges, maxEdgesPerWorkflow, tooManyEdges } from './workflow-edges.ts';
import { rollbackPhases, stepPhases, workflowPhases } from './phase.ts';

/** The most steps of one workflow. CEL rules over steps need a bound; this one they can afford. */
export const maxStepsPerWorkflow = 1_000;

/** The most dependencies of one step. */
export const maxDependenciesPerStep = 100;

const byStepNumber = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['stepNumber'] };

/** What undoes a step. */
export const rollbackSpecSchema = z.object({
  action: actionSchema,
  parameters: parametersSchema.optional(),
  timeout: timeoutSchema.optional(),
});

const stepFields = {
  stepNumber: stepNumberSchema,
  name: z.string().max(253).describe('Name of the step, for people and for dependencies.').optional(),
  action: actionSchema,
  parameters: parametersSchema.optional(),
  targetCluster: z.string().max(253).optional(),
  criticalStep: z.boolean().describe('The failure of a critical step rolls the workflow back.').optional(),
  maxRetries: maxRetriesSchema.optional(),
  timeout: timeoutSchema.optional(),
  rollbackSpec: rollbackSpecSchema.describe('What undoes the step.').optional(),
};

/** A step of `spec.steps`: it names its dependencies by text. */
export const planStepSchema = z.object({
  ...stepFields,
  dependencies: z
    .array(z.string().min(1).max(253))
    .max(maxDependenciesPerStep)
    .describe('Steps that must be completed first: their numbers in decimal, or their names.')
    .optional(),
});

/** A step of `spec.workflowDefinition.steps`: it names its dependencies by number. */
export const definitionStepSchema = z.object({
  ...stepFields,
  dependsOn: z
    .array(stepNumberSchema)
    .max(maxDependenciesPerStep)
    .describe('Numbers of the steps that must be completed first.')
    .optional(),
});

/** The workflow in kubernaut's shape. What stepgate does not know of it is kept. */
export const workflowDefinitionSchema = z.looseObject({
  name: z.string().max(253).optional(),
  version: z.string().max(253).optional(),
  steps: z.array(definitionStepSchema).max(maxStepsPerWorkflow).meta(byStepNumber),
});

const oneShape = 'exactly one of spec.steps and spec.workflowDefinition must be given';

/**
 * CEL for the same. An object from before that breaks it is left as it is, and can still report its status: API
 * servers do not ratchet this rule themselves when a status is written, not in 1.32 at least.
 */
const oneShapeRule = {
  rule:
    'has(self.steps) != has(self.workflowDefinition) ||' +
    ' oldSelf.optMap(old, has(old.steps) == has(old.workflowDefinition)).orValue(false)',
  optionalOldSelf: true,
  message: oneShape,
};

/** Exactly one of the two shapes carries the steps. What stepgate does not know of the spec is kept. */
export const workflowExecutionSpecSchema = z
  .looseObject({
    steps: z.array(planStepSchema).max(maxStepsPerWorkflow).meta(byStepNumber).optional(),
    workflowDefinition: workflowDefinitionSchema.optional(),
    serviceAccountName: serviceAccountNameSchema.optional(),
    paused: z.boolean().describe('While true, no further step is started.').optional(),
  })
  .refine((spec) => (spec.steps === undefined) !== (spec.workflowDefinition === undefined), {
    error: oneShape,
  })
  .refine((spec) => countEdges(spec) <= maxEdgesPerWorkflow, {
    error: `the steps have more than ${maxEdgesPerWorkflow} dependencies, names resolved`,
    params: { reason: tooManyEdges },
  })
  .meta({ 'x-kubernetes-validations': [oneShapeRule] });

/** How far one step is. */
export const stepStatusSchema = z.looseObject({
  stepNumber: stepNumberSchema,
  phase: z.enum(stepPhases).optional(),
  execution: z.string().describe('Name of the KubernetesExecution that does the step.').optional(),
  attempts: z.int().min(0).optional(),
  rollback: z.enum(rollbackPhases).describe('How far the execution is that undoes the step.').optional(),
  startTime: z.iso.datetime({ offset: true }).optional(),
  completionTime: z.iso.datetime({ offset: true }).optional(),
  message: z.string().optional(),
});

/** How far the workflow is. Fields of other controllers are kept. */
export const workflowExecutionStatusSchema = z.looseObject({
  phase: z.enum(workflowPhases).optional(),
  observedGeneration: z.int().min(0).optional(),
  activeSteps: z.int().min(0).describe('Executions that hold a slot now.').optional(),
  queuedSteps: z.int().min(0).describe('Steps that could run and have no slot.').optional(),
  // The controller writes the list as a whole: managedFields of each field of a thousand entries would cost more than the
  // entries.
  stepStatuses: z
    .array(stepStatusSchema)
    .max(maxStepsPerWorkflow)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional(),
  conditions: conditionsSchema.optional(),
  startTime: z.iso.datetime({ offset: true }).optional(),
  completionTime: z.iso.datetime({ offset: true }).optional(),
  message: z.string().optional(),
});

/** A workflow: `workflowexecutions.workflowexecution.kubernaut.io/v1alpha1`. */
export const workflowExecutionSchema = z
  .object({
    ...resourceFields,
    spec: workflowExecutionSpecSchema,
    status: workflowExecutionStatusSchema.optional(),
  })
  .describe('A workflow: steps, each done by one KubernetesExecution.');

export type PlanStep = z.infer<typeof planStepSchema>;
export type DefinitionStep = z.infer<typeof definitionStepSchema>;
export type WorkflowExecutionSpec = z.infer<typeof workflowExecutionSpecSchema>;
export type StepStatus = z.infer<typeof stepStatusSchema>;
export type WorkflowExecutionStatus = z.infer<typeof workflowExecutionStatusSchema>;
/** A workflow: steps, and how far they are. */
export type WorkflowExecution = z.infer<typeof workflowExecutionSchema>;
