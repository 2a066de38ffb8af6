/** A ServiceAccount that an action acts as. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Why nobody can act as a ServiceAccount. */
export class ServiceAccountError extends Error {
  readonly code = 'ServiceAccount';
  /** `missing`: there is none; `forbidden`: the controller may not ask for its tokens. */
  readonly reason: 'missing' | 'forbidden';

  constructor(reason: ServiceAccountError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServiceAccountError';
    this.reason = reason;
  }
}
