/**
 * Why a watch was given up although the API server did not end it.
 * - `read-deadline`: silent for too long, probably half-open
 * - `broken-line`: a line that is no event
 * - `history-went-back`: a bookmark older than what was seen, as after a restore of etcd
 * - `list-incomplete`: it ended, in order, before its initial list did
 * - `relist-asked`: whoever uses it has found that what it told cannot be right
 * - `handler-failed`: a handler threw and may have missed something; a fresh list repairs it
 */
export type WatchFailure =
  | 'read-deadline'
  | 'broken-line'
  | 'history-went-back'
  | 'list-incomplete'
  | 'handler-failed'
  | 'relist-asked';

/** A watch that cannot be trusted any more. */
export class WatchError extends Error {
  readonly code = 'Watch';
  readonly reason: WatchFailure;

  constructor(reason: WatchFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WatchError';
    this.reason = reason;
  }
}
