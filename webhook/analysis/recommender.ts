import { canonicalJson, inexactness } from '../../src/policy/approval/canonical-json.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AdmissionObject } from '../admission/admission-object.ts';

/** Who wrote the recommendations of an analysis, as its status must say. */
export interface Recommender {
  /** True where this very request writes them. */
  readonly isThisUser: boolean;
  /** Undefined where nobody has, or it is not known. */
  readonly recommendedBy: string | undefined;
}

/** By the recommendations before and after: who changes them has written them all. */
export function recommenderOf({ object, oldObject, userInfo }: AdmissionRequest): Recommender {
  if (isSame(statusField(oldObject, 'recommendations'), statusField(object, 'recommendations'))) {
    const before = statusField(oldObject, 'recommendedBy');
    return { isThisUser: false, recommendedBy: typeof before === 'string' ? before : undefined };
  }
  return { isThisUser: true, recommendedBy: userInfo.username };
}

/** A field of the status, whatever it is. */
export function statusField(object: AdmissionObject | undefined, field: string): unknown {
  const status: unknown = object?.['status'];
  return typeof status === 'object' && status !== null ? Reflect.get(status, field) : undefined;
}

/** The order of keys is nobody's recommendation; what cannot be compared exactly counts as another. */
function isSame(before: unknown, after: unknown): boolean {
  if (JSON.stringify(before) === JSON.stringify(after)) return inexactness(after) === undefined;
  if (inexactness(before) !== undefined || inexactness(after) !== undefined) return false;
  return canonicalJson(before ?? null) === canonicalJson(after ?? null);
}
