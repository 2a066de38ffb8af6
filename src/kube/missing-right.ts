import { isKubeStatus } from './kube-status-error.ts';

/** True for a refusal by the authorizer, which has looked at nothing else; false for one by admission. */
export function isMissingRight(error: unknown): boolean {
  return isKubeStatus(error, 403) && missingRight(error.status.message) !== undefined;
}

/**
 * What a refusal of RBAC says, as the Role that is missing; undefined for a refusal of another kind, as by an
 * admission policy. Source: `forbiddenMessage` in k8s.io/apiserver pkg/endpoints/handlers/responsewriters/errors.go.
 */
export function missingRight(message: string): string | undefined {
  const match =
    /User "(?<user>[^"]*)" cannot (?<verb>\S+) resource "(?<resource>[^"]+)" in API group "(?<group>[^"]*)" (?:in the namespace "(?<namespace>[^"]+)"|at the cluster scope)/.exec(
      message,
    );
  if (match?.groups === undefined) return undefined;
  const { user = '', verb = '', resource = '', group = '', namespace } = match.groups;
  const role = namespace === undefined ? 'a ClusterRole' : `a Role in namespace ${namespace}`;
  const rule = `apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]`;
  return `${subject(user)} may not ${verb} ${resource}: ${role} must allow it (${rule}).`;
}

function subject(user: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
  return name === undefined ? `User "${user}"` : `ServiceAccount ${name} of namespace ${namespace}`;
}
