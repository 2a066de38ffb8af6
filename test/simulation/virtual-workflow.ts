/** A WorkflowExecution, as far as marks are concerned: its executions are let through, or wait for an approval. */
export interface StoredWorkflow {
  readonly name: string;
  readonly gated: boolean;
  readonly resourceVersion: string;
}

/** A workflow as a watch has shown it. */
export interface ShownWorkflow {
  readonly gated: boolean;
  /** As `seenAt` of what webhook/cluster/live-workflows.ts tells. */
  readonly seenAt: string;
}
