/** One cause in a Status, as a validation error carries them. Source: meta/v1 `StatusCause`. */
export interface KubeStatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** What a refusal of the API server says. Source: meta/v1 `Status`. */
export interface KubeStatus {
  /** HTTP status code. */
  readonly code: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Expired`, …; never empty. */
  readonly reason: string;
  readonly message: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly KubeStatusCause[];
    /** From the Status, else from the `Retry-After` header; whole seconds. */
    readonly retryAfterSeconds?: number;
  };
}

/** The API server answered, and the answer is no. */
export class KubeStatusError extends Error {
  readonly code = 'KubeStatus';
  readonly status: KubeStatus;

  constructor(status: KubeStatus) {
    super(`${status.code} ${status.reason}: ${status.message}`);
    this.name = 'KubeStatusError';
    this.status = status;
  }
}

/** True for a refusal with this HTTP code and, where given, this reason (409 has two: Conflict, AlreadyExists). */
export function isKubeStatus(error: unknown, code: number, reason?: string): error is KubeStatusError {
  return (
    error instanceof KubeStatusError &&
    error.status.code === code &&
    (reason === undefined || error.status.reason === reason)
  );
}
