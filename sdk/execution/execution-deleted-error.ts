/** An execution was deleted while it ran, or settled by another: why its action is aborted. */
export class ExecutionDeletedError extends Error {
  readonly code = 'ExecutionDeleted';

  constructor() {
    super('The execution was deleted');
    this.name = 'ExecutionDeletedError';
  }
}
