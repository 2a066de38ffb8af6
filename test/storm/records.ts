/** What a client asks of the API server. */
export type Operation =
  'create' | 'generateName' | 'apply' | 'duplicate' | 'dryRun' | 'settle' | 'delete' | 'move' | 'revive';

/** How the API server answered. */
export interface Answer {
  /** `ok`, or why not: `ParallelLimitReached`, `AlreadyExists`, `failed calling webhook`, … */
  readonly reason: string;
  readonly ok: boolean;
  /** The names of those that hold the slots, in a denial. */
  readonly holders: readonly Holder[];
  readonly message: string;
}

/** A holder of a slot as a denial names it. */
export interface Holder {
  readonly name: string;
  /** True for one that the webhook says is being created. */
  readonly reserved: boolean;
}

/** One create that a client asked for. Times are milliseconds since 1970. */
export interface CreateRecord {
  /** Written into the object, as a label. */
  readonly id: string;
  readonly operation: Operation;
  /** `namespace/name` of the workflow. */
  readonly workflow: string;
  /** Undefined where the API server made one up and did not say which. */
  readonly name: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly answer: Answer;
  /** True for those that come after the storm, to see when slots come back. */
  readonly recovering: boolean;
}

/** True for a refusal because of the limit. */
export function isDenied({ answer }: Pick<CreateRecord, 'answer'>): boolean {
  return answer.reason === 'ParallelLimitReached';
}

/** An event of the watch, as far as slots are concerned. */
export interface HistoryEvent {
  readonly receivedAt: number;
  readonly resourceVersion: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `namespace/name` of the workflow; undefined when the object names none. */
  readonly workflow: string | undefined;
  readonly settled: boolean;
  /** The `id` of the create, from the label. */
  readonly request: string | undefined;
}

/** The label that says which create made an object. */
export const requestLabel = 'storm-request';

/** Milliseconds since 1970, monotonic while the process lives. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
