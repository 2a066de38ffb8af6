import type { AuditedRequest } from './audit-log.ts';
import type { RenderedObject } from './helm.ts';

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Rights of roles, one to a line: `watch kubernetesexecutions.kubernetesexecution.kubernaut.io`. */
export function grantedRights(roles: readonly RenderedObject[]): string[] {
  const rights = roles.flatMap((role) =>
    (role['rules'] as readonly PolicyRule[]).flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, resource, group))),
      ),
    ),
  );
  return [...new Set(rights)].sort();
}

/** The same of what an account has asked for; the paths that everybody may ask are left out. */
export function usedRights(requests: readonly AuditedRequest[], account: string): string[] {
  const rights = requestsOf(requests, account).map(({ verb, objectRef = {} }) => {
    const { resource = '', subresource, apiGroup = '' } = objectRef;
    return rightOf(verb, subresource === undefined ? resource : `${resource}/${subresource}`, apiGroup);
  });
  return [...new Set(rights)].sort();
}

/** Requests of an account that RBAC has refused. */
export function forbiddenRequests(requests: readonly AuditedRequest[], account: string): AuditedRequest[] {
  return requestsOf(requests, account).filter(
    ({ annotations }) => annotations?.['authorization.k8s.io/decision'] === 'forbid',
  );
}

function requestsOf(requests: readonly AuditedRequest[], account: string): AuditedRequest[] {
  return requests.filter(
    ({ user, objectRef }) => user.username === account && objectRef?.resource !== undefined,
  );
}

function rightOf(verb: string, resource: string, group: string): string {
  const [plural = '', subresource] = resource.split('/');
  const of = group === '' ? plural : `${plural}.${group}`;
  return `${verb} ${of}${subresource === undefined ? '' : `/${subresource}`}`;
}

/** What was granted and never used. An API server without streaming lists is asked for a list before each watch. */
export function unusedRights(granted: readonly string[], used: ReadonlySet<string>): string[] {
  const listed = (right: string) => right.startsWith('list ') && used.has(right.replace('list', 'watch'));
  return granted.filter((right) => !used.has(right) && !listed(right));
}
