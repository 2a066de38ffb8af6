/** A state of one workflow, as the answer to the write that made it shows it. */
export interface WorkflowState {
  /** Its resourceVersion: of all objects of a cluster the later one has the higher. */
  readonly revision: number;
  /** When the write was sent and when the client had the answer, on its monotonic clock. */
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly steps: number;
  readonly decision: 'approved' | 'rejected' | undefined;
  /** The hash that the decision is stamped with, and the one of the spec beside it. */
  readonly approvedSpec: string | undefined;
  readonly specHash: string;
  /** The threshold that is stamped on it. */
  readonly threshold: number;
  /** What stands in the parameters of its steps; an edit that is taken back brings an old one again. */
  readonly version: number;
  /** The write brought a spec that was never there before: its threshold was stamped by this very write. */
  readonly isNewSpec: boolean;
}

/** An execution that was admitted. */
export interface AdmittedExecution {
  readonly name: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Its resourceVersion at its creation. */
  readonly revision: number;
  /** The version of the spec that it is a step of. */
  readonly version: number;
}

/** A time in which the threshold may have been higher: from before it was raised until every replica has it back. */
export interface RaisedThreshold {
  readonly from: number;
  /** Infinity while it lasts. */
  readonly until: number;
  readonly threshold: number;
}

/** What clients of one workflow have seen. */
export interface RaceHistory {
  readonly states: readonly WorkflowState[];
  readonly admitted: readonly AdmittedExecution[];
  readonly raised: readonly RaisedThreshold[];
}
