/** What a create of an execution asks of its namespace's slots. */
export interface SlotRequest {
  readonly name: string;
  readonly uid: string;
  readonly workflow: string;
  /** A dry run is answered exactly and writes nothing. */
  readonly dryRun: boolean;
  /**
   * A create by server-side apply: where two race, the loser becomes an UPDATE in the same request, so it is
   * admitted on the slot of its name instead of being told that the name exists.
   */
  readonly apply: boolean;
  /** False in the modes warn and audit: over the limit it is admitted, and written down all the same. */
  readonly enforce: boolean;
  /** The step of an approved workflow that it would do: no step has two active executions. */
  readonly step?: ExclusiveStep;
  /**
   * resourceVersion up to which the watch had shown workflows when it said that this one needs no reading. Absent:
   * it was read for this request.
   */
  readonly workflowSeenAt?: string | undefined;
  /** Milliseconds of the injected clock by which an answer is due. */
  readonly deadline: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** A step that no other execution may do meanwhile. */
export interface ExclusiveStep {
  readonly key: string;
  /**
   * resourceVersion of a list that shows that no active execution does it; the journal knows of everything later.
   * Undefined: nothing was listed, and the step is free only where no other execution of the workflow is active.
   */
  readonly listedAt: string | undefined;
}

/** An execution that holds a slot, and by what right. */
export interface SlotHolder {
  readonly name: string;
  readonly state: 'active' | 'reserved';
}

/** The exact answer to a {@link SlotRequest}. */
export type SlotOutcome =
  | { readonly kind: 'admitted'; readonly used: number; readonly limit: number; readonly overLimit: boolean }
  | { readonly kind: 'limitReached'; readonly limit: number; readonly holders: readonly SlotHolder[] }
  | { readonly kind: 'alreadyExists' }
  /** Another create of the same step was admitted. */
  | { readonly kind: 'stepTaken'; readonly holder: string }
  /** The list by which the step was free is older than what the journal relies on: list again. */
  | { readonly kind: 'listOutdated' }
  /** The watch may show the workflow as it was: read it. */
  | { readonly kind: 'workflowChanging' };
