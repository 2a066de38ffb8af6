/** Why an action of stepgate could not do what it was asked. */
export type ActionErrorReason =
  /** The execution to undo has not left what is needed for it. */
  | 'nothing-to-undo'
  /** What the execution to undo has left is not what this action leaves with these parameters. */
  | 'misfit'
  /** What is to be changed is not what it was when the action began. */
  | 'replaced'
  /** The kind of an object is not served. */
  | 'unknown-kind'
  /** Fields belong to others. */
  | 'conflict'
  /** Pods that may not be evicted without being asked for. */
  | 'unsafe'
  /** A container ended badly. */
  | 'container-failed'
  /** A value that is referred to is not there. */
  | 'missing-value'
  /** What was begun is gone, and how it ended with it. */
  | 'lost'
  /** The API server refused, and its words are not repeated. */
  | 'refused';

/** A failure that an action explains itself; the message is for people. */
export class ActionError extends Error {
  readonly code = 'Action';
  readonly reason: ActionErrorReason;

  constructor(reason: ActionErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ActionError';
    this.reason = reason;
  }
}
