import { z } from 'zod';
import { actionSchema, parametersSchema, serviceAccountNameSchema } from './action-fields.ts';
import { conditionsSchema } from './condition.ts';
import { resourceFields } from './object-meta.ts';
import { objectNameMaxLength } from './object-name.ts';
import { analysisPhases } from './phase.ts';

/**
 * The most recommendations that are stored. Far more than are acted upon: an analysis with too many fails with a reason,
 * and its analyser need not guess why a write was refused.
 */
export const maxRecommendationsStored = 1_000;

/** An object that somebody refers to. Source: corev1.ObjectReference. */
const objectReferenceSchema = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  uid: z.string().optional(),
});

/** From 0 to 1. */
const shareSchema = z.number().min(0).max(1);

/** One thing that an analysis proposes to do: one step of the workflow to come. */
export const recommendationSchema = z.looseObject({
  id: z.string().min(1).max(253).describe('What dependencies call it; becomes the name of the step.'),
  action: actionSchema,
  targetResource: objectReferenceSchema
    .describe('What it is about, for people; the action is told by its parameters.')
    .optional(),
  parameters: parametersSchema.optional(),
  effectivenessProbability: shareSchema.optional(),
  historicalSuccessRate: shareSchema.optional(),
  riskLevel: z.string().max(64).optional(),
  explanation: z.string().optional(),
  dependencies: z
    .array(z.string().min(1).max(253))
    .max(maxRecommendationsStored)
    .describe('Ids of the recommendations that must be completed first.')
    .optional(),
});

/** What a person needs to decide. The analyser writes it; the controller completes it. */
export const approvalContextSchema = z.looseObject({
  reason: z.string().optional(),
  confidenceScore: z
    .number()
    .min(0)
    .max(100)
    .describe('How sure the analysis is: from 0 to 1, or in percent where it is more than 1.')
    .optional(),
  confidenceLevel: z.string().max(64).optional(),
  investigationSummary: z.string().optional(),
  evidenceCollected: z.array(z.string()).optional(),
  recommendedActions: z
    .array(z.looseObject({ action: z.string().optional(), rationale: z.string().optional() }))
    .optional(),
  alternativesConsidered: z
    .array(z.looseObject({ approach: z.string().optional(), prosCons: z.string().optional() }))
    .optional(),
  whyApprovalRequired: z.string().optional(),
});

/** What is analysed, and as whom the workflow to come acts. What stepgate does not know of it is kept. */
export const aiAnalysisSpecSchema = z.looseObject({
  remediationRequestRef: objectReferenceSchema.optional(),
  targetNamespace: z
    .string()
    .max(63)
    .describe('Namespace that actions work on where a recommendation names none. Immutable.')
    .optional(),
  serviceAccountName: serviceAccountNameSchema
    .describe('ServiceAccount of this namespace that the workflow to come acts as. Immutable.')
    .optional(),
});

/** Whether the workflow to come was approved. `NotRequired`: it starts without. An expired request is a rejection. */
export const approvalStatuses = ['Pending', 'Approved', 'Rejected', 'NotRequired'] as const;

/** What it recommends, and what became of that. Fields of other controllers are kept. */
export const aiAnalysisStatusSchema = z.looseObject({
  phase: z
    .enum(analysisPhases)
    .describe(
      "pending, investigating and analyzing are the analyser's; approving and what follows stepgate's.",
    )
    .optional(),
  recommendations: z
    .array(recommendationSchema)
    .max(maxRecommendationsStored)
    .describe('Written by the analyser, in the phase analyzing at the latest; frozen from approving on.')
    .optional(),
  recommendedBy: z
    .string()
    .describe("Who has written the recommendations, or approvalContext, last. Stamped by stepgate's webhook.")
    .optional(),
  authors: z
    .array(z.string())
    .max(16)
    .describe("Everybody who has; `*` alone where they are too many. Stamped by stepgate's webhook.")
    .optional(),
  approvalContext: approvalContextSchema.optional(),
  approvalRequestName: z.string().max(objectNameMaxLength).optional(),
  approvalRequestedAt: z.iso
    .datetime({ offset: true })
    .describe('requestedAt of the request for approval, however often the request has to be created.')
    .optional(),
  approvalStatus: z.enum(approvalStatuses).optional(),
  approvedBy: z.string().optional(),
  rejectedBy: z.string().optional(),
  approvalTime: z.iso.datetime({ offset: true }).optional(),
  rejectionReason: z.string().optional(),
  approvalMethod: z.string().max(64).optional(),
  workflowExecutionRef: z
    .object({ name: z.string(), uid: z.string() })
    .describe('The workflow that was created: the one and only.')
    .optional(),
  observedGeneration: z.int().min(0).optional(),
  conditions: conditionsSchema.optional(),
  completionTime: z.iso.datetime({ offset: true }).optional(),
  message: z.string().optional(),
});

/** An analysis: `aianalyses.aianalysis.kubernaut.io/v1alpha1`. */
export const aiAnalysisSchema = z
  .object({
    ...resourceFields,
    spec: aiAnalysisSpecSchema,
    status: aiAnalysisStatusSchema.optional(),
  })
  .describe('What an AI proposes to do, and what became of it.');

export type Recommendation = z.infer<typeof recommendationSchema>;
export type ApprovalContext = z.infer<typeof approvalContextSchema>;
export type AIAnalysisSpec = z.infer<typeof aiAnalysisSpecSchema>;
export type AIAnalysisStatus = z.infer<typeof aiAnalysisStatusSchema>;
/** What an AI proposes to do, and what became of it. */
export type AIAnalysis = z.infer<typeof aiAnalysisSchema>;
