/** From a verdict to the AdmissionReview that tells it to the API server. */
import { visibleText } from '../../src/policy/hostile-characters.ts';
import type { Deny, Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { admissionReviewApiVersion, admissionReviewKind } from './admission-review.ts';
import { fitWarnings } from './client-warnings.ts';

/** metav1.Status, as a denial carries it. There is no retryAfterSeconds: client-go would block its caller. */
export interface DenialStatus {
  readonly metadata: Record<string, never>;
  readonly status: 'Failure';
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: {
    readonly name?: string;
    readonly group: string;
    readonly kind: string;
    readonly causes: readonly {
      readonly reason: string;
      readonly message: string;
      readonly field?: string;
    }[];
  };
}

/** AdmissionReview v1 with a response, ready for JSON. */
export interface AdmissionReviewResponse {
  readonly apiVersion: typeof admissionReviewApiVersion;
  readonly kind: typeof admissionReviewKind;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: DenialStatus;
    readonly patchType?: 'JSONPatch';
    /** Base64 of the JSON of the operations. */
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
}

/** The AdmissionReview that answers `request` with `verdict`. */
export function toAdmissionResponse(request: AdmissionRequest, verdict: Verdict): AdmissionReviewResponse {
  return {
    apiVersion: admissionReviewApiVersion,
    kind: admissionReviewKind,
    response: {
      uid: request.uid,
      allowed: verdict.decision !== 'deny',
      ...(verdict.decision === 'deny' && { status: toStatus(request, verdict) }),
      ...(verdict.decision === 'patch' &&
        verdict.operations.length > 0 && {
          patchType: 'JSONPatch' as const,
          patch: Buffer.from(JSON.stringify(verdict.operations)).toString('base64'),
        }),
      ...(verdict.warnings !== undefined &&
        verdict.warnings.length > 0 && { warnings: fitWarnings(verdict.warnings) }),
      ...(verdict.auditAnnotations !== undefined && {
        auditAnnotations: Object.fromEntries(
          Object.entries(verdict.auditAnnotations).map(([name, text]) => [name, visibleText(text)]),
        ),
      }),
    },
  };
}

/**
 * The API server's own errors put the kind into `details.kind` of an Invalid, and the plural resource into that
 * of every other reason. Source: apimachinery `pkg/api/errors` (NewInvalid, NewAlreadyExists, NewForbidden).
 */
function toStatus(request: AdmissionRequest, verdict: Deny): DenialStatus {
  return {
    metadata: {},
    status: 'Failure',
    code: verdict.code,
    reason: verdict.reason,
    message: visibleText(verdict.message),
    details: {
      ...(request.name !== '' && { name: request.name }),
      group: request.kind.group,
      kind: verdict.reason === 'Invalid' ? request.kind.kind : request.resource.resource,
      causes: verdict.causes.map(({ message, field, reason }) => ({
        reason,
        message: visibleText(message),
        ...(field !== undefined && { field: visibleText(field) }),
      })),
    },
  };
}
