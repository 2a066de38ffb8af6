/** The client went away before its request was complete; there is nobody to answer. */
export class ClientGoneError extends Error {
  readonly code = 'ClientGone';
  override readonly name = 'ClientGoneError';
}
