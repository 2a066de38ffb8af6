import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One request that the API server has answered. Source: audit.k8s.io/v1 `Event`. */
export interface AuditedRequest {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
  readonly annotations?: { readonly 'authorization.k8s.io/decision'?: 'allow' | 'forbid' };
}

/** The API server's own record of requests. */
export interface AuditLog {
  /** Flags for kube-apiserver. */
  readonly flags: readonly string[];
  /** Requests that were answered so far, in order; watches once they were granted. */
  requests(): AuditedRequest[];
}

/** An audit log in a folder that outlives the control plane. */
export function auditLogIn(folder: string): AuditLog {
  const policy = join(folder, 'audit-policy.json');
  const log = join(folder, 'audit.log');
  writeFileSync(
    policy,
    JSON.stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata' }],
    }),
  );
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    requests() {
      const seen = new Set<string>();
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as AuditedRequest & { readonly auditID: string })
        .filter(({ auditID }) => !seen.has(auditID) && seen.add(auditID));
    },
  };
}
