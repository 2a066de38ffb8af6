import { KubePathError, shownInPath } from './kube-path-error.ts';

/**
 * One segment of a path, escaped. It may be any name that Kubernetes takes for a part of a path, such as the
 * `system:node` of a ClusterRole. Source: apimachinery pkg/api/validation/path `IsValidPathSegmentName`; a backslash and
 * controls are refused as well, for what stands between here and the API server may read them in its own way.
 *
 * The API server decodes `%2F`, so that no escaping keeps a slash inside of a name.
 * @param what how the error calls it: `name`, `namespace`
 * @throws KubePathError
 */
export function pathSegment(what: string, text: string): string {
  if (text === '') throw new KubePathError(`The ${what} in a path is empty`);
  if (text === '.' || text === '..' || !isSegmentText(text))
    throw new KubePathError(`The ${what} ${shownInPath(text)} cannot be part of a path`);
  return encodeURIComponent(text);
}

/** True for text without a slash, a percent sign, a backslash, a control and half of a surrogate pair. */
export function isSegmentText(text: string): boolean {
  return !/[/%\\\p{Cc}\p{Cs}]/u.test(text);
}
