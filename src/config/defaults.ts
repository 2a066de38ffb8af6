import type { ConfigTexts } from './config-schema.ts';
import { configKeys } from './config-keys.ts';

/** What holds where neither the ConfigMap nor the environment says anything. */
export const defaults: ConfigTexts = {
  maxParallelSteps: configKeys.maxParallelSteps.byDefault,
  complexityApprovalThreshold: configKeys.complexityApprovalThreshold.byDefault,
  kubernetesQps: configKeys.kubernetesQps.byDefault,
  kubernetesBurst: configKeys.kubernetesBurst.byDefault,
  enforcement: configKeys.enforcement.byDefault,
  requireWorkflow: configKeys.requireWorkflow.byDefault,
  requireDifferentApprover: configKeys.requireDifferentApprover.byDefault,
  serviceAccountsMayApprove: configKeys.serviceAccountsMayApprove.byDefault,
  approveByHashOnly: configKeys.approveByHashOnly.byDefault,
  reservationLifetimeMilliseconds: configKeys.reservationLifetimeMilliseconds.byDefault,
  confidenceApprovalThreshold: configKeys.confidenceApprovalThreshold.byDefault,
  approvalTimeoutMilliseconds: configKeys.approvalTimeoutMilliseconds.byDefault,
  maxStepTimeoutMilliseconds: configKeys.maxStepTimeoutMilliseconds.byDefault,
};
