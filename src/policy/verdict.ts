/**
 * A verdict is a value: what a policy thinks of a request. The webhook's edge turns it into an
 * AdmissionResponse; nothing else does.
 */

/** One reason of a denial, for machines and people. `message` is a whole sentence: kubectl prints causes alone. */
export interface Cause {
  /** CamelCase, stable: clients may switch on it. */
  readonly reason: string;
  readonly message: string;
  /** JSON path of the field at fault, for example `spec.steps[3].dependencies[0]`. */
  readonly field?: string;
}

/** One operation of a JSON patch (RFC 6902), as a mutating webhook may answer. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** What rides along with any verdict. */
interface Remarks {
  /** Shown to the client by kubectl, one line each. */
  readonly warnings?: readonly string[];
  /** Written into the API server's audit log, under the webhook's name. */
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

/** The request may be. */
export interface Allow extends Remarks {
  readonly decision: 'allow';
}

/** It may be, once it is changed so. */
export interface Patch extends Remarks {
  readonly decision: 'patch';
  readonly operations: readonly PatchOperation[];
}

/** It may not be; this is what its client is told. */
export interface Deny extends Remarks {
  readonly decision: 'deny';
  /** HTTP status code of the metav1.Status the client gets. */
  readonly code: number;
  /** metav1.StatusReason, for example `TooManyRequests`. */
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly Cause[];
}

/** What a policy thinks of a request. */
export type Verdict = Allow | Patch | Deny;

/** The verdict of who has nothing against it. */
export const allowed: Allow = { decision: 'allow' };

/** A denial from its parts. @example deny(403, 'Forbidden', 'no approval', [{ reason: 'ApprovalRequired', message: '…' }]) */
export function deny(code: number, reason: string, message: string, causes: readonly Cause[] = []): Deny {
  return { decision: 'deny', code, reason, message, causes };
}
