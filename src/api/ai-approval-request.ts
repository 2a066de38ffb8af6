import { z } from 'zod';
import { approvalContextSchema } from './ai-analysis.ts';
import { conditionSchema } from './condition.ts';
import { durationPattern } from './duration.ts';
import { objectNameMaxLength } from './object-name.ts';
import { resourceFields } from './object-meta.ts';
import type { WorkflowExecutionSpec } from './workflow-execution.ts';

/** What a person may decide. */
export const approvalDecisions = ['Approved', 'Rejected'] as const;

export type ApprovalDecision = (typeof approvalDecisions)[number];

/** Type of the condition that the controller writes when nobody has decided in time. Once True it stays so. */
export const expiredCondition = 'Expired';

/** The most conditions of a request: the rule about one of them needs a bound. */
const maxConditions = 32;

/**
 * What is shown and decided on, immutable: the very spec of the workflow to come, and its hash, to which the decision is
 * bound. Only stepgate's controller may create a request.
 */
export const aiApprovalRequestSpecSchema = z.object({
  aiAnalysisRef: z
    .object({ name: z.string().min(1).max(objectNameMaxLength), uid: z.string().min(1).max(128) })
    .describe('The analysis that asks, in the same namespace.'),
  reason: z.string().max(1024).describe('Why a person has to decide.'),
  investigation: approvalContextSchema.describe('What the analysis has found.').optional(),
  workflow: z
    .object({
      name: z.string().min(1).max(objectNameMaxLength),
      spec: z.looseObject({}).describe('Spec of the WorkflowExecution that an approval starts, as it is.'),
      specHash: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/)
        .describe('Hash of that spec, as in the annotation kubernaut.io/approved.'),
      stepCount: z.int().min(0),
    })
    .describe('What runs once this is approved, and nothing else.'),
  authors: z
    .array(z.string())
    .max(16)
    .describe('Who has written what is to run; with require-different-approver they may not approve it.')
    .optional(),
  requestedAt: z.iso.datetime({ offset: true }),
  timeout: z
    .string()
    .max(64)
    .regex(durationPattern)
    .describe('How long after requestedAt a decision is taken, for example 15m.'),
  reviewer: z
    .object({
      users: z.array(z.string().min(1)).max(100).optional(),
      groups: z.array(z.string().min(1)).max(100).optional(),
    })
    .describe('Where it names anybody, only they may decide. They need the rights all the same.')
    .optional(),
});

/** The decision. A person writes `decision` and maybe `message`; the webhook stamps the rest, whatever was sent. */
export const aiApprovalRequestStatusSchema = z.looseObject({
  decision: z.enum(approvalDecisions).describe('Written once, by a person with the right to.').optional(),
  decidedBy: z.string().describe("Stamped by stepgate's webhook.").optional(),
  decidedAt: z.iso.datetime({ offset: true }).describe("Stamped by stepgate's webhook.").optional(),
  decidedUnder: z
    .string()
    .describe(
      "The installation that has checked the decision; without it there is none. Stamped by stepgate's webhook.",
    )
    .optional(),
  message: z.string().max(4096).describe('Why it was decided so.').optional(),
  conditions: z
    .array(conditionSchema)
    .max(maxConditions)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .optional(),
});

/** A request for approval: `aiapprovalrequests.aianalysis.kubernaut.io/v1alpha1`. */
export const aiApprovalRequestSchema = z
  .object({
    ...resourceFields,
    spec: aiApprovalRequestSpecSchema,
    status: aiApprovalRequestStatusSchema.optional(),
  })
  .describe('A question to a person: may this workflow run? Asked by stepgate for an AIAnalysis.');

export type AIApprovalRequestStatus = z.infer<typeof aiApprovalRequestStatusSchema>;

/** What is shown and decided on. */
export type AIApprovalRequestSpec = Omit<z.infer<typeof aiApprovalRequestSpecSchema>, 'workflow'> & {
  readonly workflow: Omit<z.infer<typeof aiApprovalRequestSpecSchema>['workflow'], 'spec'> & {
    readonly spec: WorkflowExecutionSpec;
  };
};

/** A question to a person: may this workflow run? */
export type AIApprovalRequest = Omit<z.infer<typeof aiApprovalRequestSchema>, 'spec'> & {
  readonly spec: AIApprovalRequestSpec;
};
