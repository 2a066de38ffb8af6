/** How strictly the limit and the gate on executions are kept. */
export type Enforcement = 'enforce' | 'warn' | 'audit';

/** Every setting of stepgate, checked. `configKeys` has the key, the default and the range of each. */
export interface Config {
  /** Slots of a workflow. */
  readonly maxParallelSteps: number;
  /** A workflow with strictly more steps needs approval. */
  readonly complexityApprovalThreshold: number;
  /** Requests a second of the controller to the API server; the webhook is never held back. */
  readonly kubernetesQps: number;
  /** Requests that the controller may send at once before `kubernetesQps` holds it back. */
  readonly kubernetesBurst: number;
  readonly enforcement: Enforcement;
  /** Whether an execution is denied when its workflow does not exist. */
  readonly requireWorkflow: boolean;
  /** Whether the authors of a workflow may not approve it. */
  readonly requireDifferentApprover: boolean;
  /** Whether programs that act as a ServiceAccount may decide. */
  readonly serviceAccountsMayApprove: boolean;
  /** Whether a workflow is approved by its hash alone, and never with `true`. */
  readonly approveByHashOnly: boolean;
  /** How long a reservation that the watch has not shown keeps its slot. */
  readonly reservationLifetimeMilliseconds: number;
  /** An analysis that is less confident than this (0 to 1) needs approval. */
  readonly confidenceApprovalThreshold: number;
  /** How long a request for approval stays open. */
  readonly approvalTimeoutMilliseconds: number;
  /** The longest that one attempt at an execution may take. */
  readonly maxStepTimeoutMilliseconds: number;
}
