/** A command line that cannot be used; the message names what is wrong with it. */
export class UsageError extends Error {
  readonly code = 'Usage';
  override readonly name = 'UsageError';
}
