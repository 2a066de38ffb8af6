/** A manager was used in a way that cannot work; the message says how. */
export class ManagerError extends Error {
  readonly code = 'Manager';

  constructor(message: string) {
    super(message);
    this.name = 'ManagerError';
  }
}
