/**
 * ResourceVersions are decimal numbers that may outgrow a double, comparable within one resource.
 * Source: KEP-5504 (comparable resource version), apimachinery `resourceversion.CompareResourceVersion`.
 */

/** The revision before every other. */
export const zeroResourceVersion = '0';

/** Negative when `left` is older than `right`, 0 when they are the same, positive when it is newer. */
export function compareResourceVersions(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** True when a view at `seen` contains everything up to `needed`. */
export function hasReached(seen: string, needed: string): boolean {
  return compareResourceVersions(seen, needed) >= 0;
}

/** The newer of two resourceVersions. */
export function laterResourceVersion(left: string, right: string): string {
  return compareResourceVersions(left, right) >= 0 ? left : right;
}

/** True for text that is a resourceVersion this code can compare: decimal digits, no leading zero but "0". */
export function isResourceVersion(text: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(text);
}
