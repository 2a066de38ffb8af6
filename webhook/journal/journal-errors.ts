/** Another replica wrote the journal first, or it is gone: read it and decide again. */
export class JournalConflictError extends Error {
  readonly code = 'JournalConflict';
}

/** Why no exact answer could be given in time. The client gets a 503 with this reason and may retry. */
export type UnavailableReason =
  | 'WatchBehind'
  | 'JournalUnwritable'
  | 'JournalRecovering'
  | 'JournalFormatUnknown'
  | 'JournalFull'
  | 'TooManyWaiting';

/** No exact answer can be given now; never guess. */
export class SlotsUnavailableError extends Error {
  readonly code = 'SlotsUnavailable';
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The watch does not show what a decision needs, and the API server gives no list. It may soon. */
export class ExecutionsUnreadableError extends Error {
  readonly code = 'ExecutionsUnreadable';
}

/** The namespace is being deleted or gone: a journal can be neither created nor is it needed. */
export class NamespaceOverError extends Error {
  readonly code = 'NamespaceOver';
}
