import type { ResourceKind } from '../../src/api/names.ts';
import { parseAdmissionReview, type AdmissionRequest } from '../../webhook/admission/admission-review.ts';
import { makeAdmissionReviewBytes } from './admission-review-builder.ts';

/** A write of an object of a kind, by `ann` and through the status unless told otherwise. */
export interface ObjectWrite {
  readonly user?: string;
  readonly subResource?: string;
  /** Absent: it is created. */
  readonly before?: object;
  readonly after: object;
}

/** The request that the API server sends about a write. */
export function reviewWrite(
  { group, version, kind, plural }: ResourceKind,
  { user = 'ann', subResource = 'status', before, after }: ObjectWrite,
): AdmissionRequest {
  return parseAdmissionReview(
    makeAdmissionReviewBytes({
      kind: { group, version, kind },
      resource: { group, version, resource: plural },
      subResource,
      name: 'outage',
      namespace: 'shop',
      operation: before === undefined ? 'CREATE' : 'UPDATE',
      userInfo: { username: user, uid: 'u', groups: ['approvers'], extra: {} },
      object: after,
      oldObject: before ?? null,
    }),
  );
}
