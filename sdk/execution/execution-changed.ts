import type { StoredExecution } from './stored-execution.ts';

/** True for a change that may decide whether an execution is to be run, or stopped: not for most of our own writes. */
export function executionChanged({
  before,
  after,
}: {
  readonly before: StoredExecution | undefined;
  readonly after: StoredExecution | undefined;
}): boolean {
  if (before === undefined || after === undefined) return true;
  return (
    before.metadata.uid !== after.metadata.uid ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.status?.phase !== after.status?.phase
  );
}
