import type { NormalisedStep } from '../../src/api/normalised-workflow.ts';
import type { ObservedExecution } from './observed-execution.ts';
import type { RecordedStatus } from './recorded-status.ts';

/** A workflow as a plan sees it. */
export interface PlannedWorkflow {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly createdAt: string | undefined;
  readonly paused: boolean;
  /** In the order of the spec; their graph has been checked. */
  readonly steps: readonly NormalisedStep[];
  /** Why the spec cannot be run at all. */
  readonly invalid: string | undefined;
  /** Its annotations say that it needs approval, and of none that it has. The gate knows better. */
  readonly mayNeedApproval: boolean;
}

/** What the gate has said of the workflow's executions. */
export type GateAnswer =
  | { readonly kind: 'open' }
  /** Nothing may be created: `waiting` for approval, `rejected`, or `over`: it settles or goes. */
  | { readonly kind: 'waiting' | 'rejected' | 'over'; readonly message: string };

/** Why an execution could not be created. */
export type Obstacle =
  /** It never can be. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Not now. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly message: string };

/** All that a plan is made of. */
export interface PlanFacts {
  readonly workflow: PlannedWorkflow;
  readonly status: RecordedStatus;
  /** Every execution of a workflow of this name, by whomever, those just created included. */
  readonly executions: readonly ObservedExecution[];
  /** Names of executions that a quorum read has not found. */
  readonly gone: ReadonlySet<string>;
  /** Slots of a workflow. */
  readonly limit: number;
  readonly gate: GateAnswer;
  /** By the name of the execution. */
  readonly obstacles: ReadonlyMap<string, Obstacle>;
  /** A create was refused for want of a slot, and none has become free since. */
  readonly slotsTaken: boolean;
  /** Creates fail for no reason of their own, and are tried again. What failed, in a few words. */
  readonly trouble: string | undefined;
  /** Whether an action can undo what it did. */
  readonly hasRollback: (action: string) => boolean;
  /** RFC 3339. */
  readonly now: string;
}
