import { z } from 'zod';
import type { Config } from './config.ts';
import { configKeys } from './config-keys.ts';

/** Values as they are written, by the field of Config that they fill. */
export type ConfigTexts = { readonly [Field in keyof Config]: string };

/** Reads all the values at once. An issue's path is the field, its message what is allowed. */
export const configSchema = z.object({
  maxParallelSteps: configKeys.maxParallelSteps.value.schema,
  complexityApprovalThreshold: configKeys.complexityApprovalThreshold.value.schema,
  kubernetesQps: configKeys.kubernetesQps.value.schema,
  kubernetesBurst: configKeys.kubernetesBurst.value.schema,
  enforcement: configKeys.enforcement.value.schema,
  requireWorkflow: configKeys.requireWorkflow.value.schema,
  requireDifferentApprover: configKeys.requireDifferentApprover.value.schema,
  serviceAccountsMayApprove: configKeys.serviceAccountsMayApprove.value.schema,
  approveByHashOnly: configKeys.approveByHashOnly.value.schema,
  reservationLifetimeMilliseconds: configKeys.reservationLifetimeMilliseconds.value.schema,
  confidenceApprovalThreshold: configKeys.confidenceApprovalThreshold.value.schema,
  approvalTimeoutMilliseconds: configKeys.approvalTimeoutMilliseconds.value.schema,
  maxStepTimeoutMilliseconds: configKeys.maxStepTimeoutMilliseconds.value.schema,
} satisfies Record<keyof Config, z.ZodType>);

/** The fields of Config in the order in which documents list them. */
export const configFields: readonly (keyof Config)[] = configSchema.keyof().options;
