import { withAuthor } from '../../src/policy/approval/authors.ts';
import { canonicalJson, inexactness } from '../../src/policy/approval/canonical-json.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import type { AdmissionObject } from '../admission/admission-object.ts';

/** Who wrote what an analysis recommends and how sure it is, as its status must say. */
export interface Recommender {
  /** True where this very request writes it. */
  readonly isThisUser: boolean;
  readonly stamps: RecommenderStamps;
}

/** Fields of the status that nobody but us writes; undefined where nobody has recommended, or it is not known. */
export interface RecommenderStamps {
  /** Who wrote last. */
  readonly recommendedBy: string | undefined;
  /** Everybody who has. */
  readonly authors: readonly string[] | undefined;
}

/**
 * By what is there before and after: who changes recommendations, or what decides whether a person is asked about them, has
 * a part in all that runs; so has who says that the analyser is done. stepgate's controller completes what a person is shown, and recommends nothing by that.
 */
export function recommenderOf(
  { object, oldObject, userInfo }: AdmissionRequest,
  controller: string,
): Recommender {
  const changes = (field: string) => !isSame(statusField(oldObject, field), statusField(object, field));
  const stored = stampsOf(oldObject);
  const user = userInfo.username;
  const hastens = changes('approvalContext') || (!isDone(oldObject) && isDone(object));
  if (!changes('recommendations') && (user === controller || !hastens)) {
    return { isThisUser: false, stamps: stored };
  }
  const authors = stored.authors ?? (stored.recommendedBy === undefined ? [] : [stored.recommendedBy]);
  return { isThisUser: true, stamps: { recommendedBy: user, authors: withAuthor(authors, user) } };
}

/** Whether stepgate's controller takes over: from then on, what is recommended changes no more. */
function isDone(object: AdmissionObject | undefined): boolean {
  return statusField(object, 'phase') === 'analyzing' && statusField(object, 'recommendations') !== undefined;
}

/** What a status says of it; what is of another type says nothing. */
export function stampsOf(object: AdmissionObject | undefined): RecommenderStamps {
  const [recommendedBy, authors] = [statusField(object, 'recommendedBy'), statusField(object, 'authors')];
  return {
    recommendedBy: typeof recommendedBy === 'string' ? recommendedBy : undefined,
    authors:
      Array.isArray(authors) && authors.every((each) => typeof each === 'string') ? authors : undefined,
  };
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
