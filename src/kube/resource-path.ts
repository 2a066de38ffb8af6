import type { ResourceKind } from '../api/names.ts';
import { pathSegment } from './path-segment.ts';

/** Which objects of a kind a path means; nothing given means all of them in the cluster. */
export interface ResourcePlace {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** `status`, `scale`, `token`, …; needs a name. */
  readonly subresource?: string | undefined;
}

/**
 * The path of a kind's objects on an API server. Each part is checked and escaped, so that a name that came from
 * outside cannot reach another path. Source: the "Resource URIs" page of the Kubernetes API concepts.
 * @throws KubePathError for a part that is empty, `.` or `..`, or has a slash, a percent sign, a backslash or a control
 */
export function resourcePath(
  kind: Pick<ResourceKind, 'group' | 'version' | 'plural'>,
  at: ResourcePlace = {},
): string {
  const version = pathSegment('version', kind.version);
  let path = kind.group === '' ? `/api/${version}` : `/apis/${pathSegment('group', kind.group)}/${version}`;
  if (at.namespace !== undefined) path += `/namespaces/${pathSegment('namespace', at.namespace)}`;
  path += `/${pathSegment('plural', kind.plural)}`;
  if (at.name !== undefined) path += `/${pathSegment('name', at.name)}`;
  if (at.subresource !== undefined) path += `/${pathSegment('subresource', at.subresource)}`;
  return path;
}

/**
 * The plural that a path of the API server is about, for a metric's label: few values, never a name.
 * `''` for a path that is no resource's, such as `/version`.
 */
export function resourceOfPath(path: string): string {
  const parts = path.split('/');
  const first = parts[1] === 'api' ? 3 : parts[1] === 'apis' ? 4 : Number.NaN;
  if (Number.isNaN(first)) return '';
  const namespaced = parts[first] === 'namespaces' && parts.length > first + 2;
  // `/api/v1/namespaces/x/status` is the namespace's own subresource, and no resource called status.
  const ownSubresource = namespaced && (parts[first + 2] === 'status' || parts[first + 2] === 'finalize');
  return parts[namespaced && !ownSubresource ? first + 2 : first] ?? '';
}
