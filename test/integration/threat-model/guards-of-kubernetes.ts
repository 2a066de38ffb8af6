import type { Guard } from './guard.ts';

/** What the API server does for us, by rules that we install or by its own. */
export const guardsOfKubernetes = {
  'identity-policy': {
    rule: 'A ValidatingAdmissionPolicy keeps the workflow and the parameters of an execution as they were created.',
    says: /is immutable/,
    without: { cluster: 'no-identity-policy' },
  },
  'spec-is-immutable': {
    rule: "Rules of the CRD keep the rest of an execution's spec as it was created.",
    says: /is immutable/,
    without: { cluster: 'no-rules-on-executions' },
  },
  'settled-is-for-ever': {
    rule: 'A rule of the CRD keeps a settled workflow settled, so that an approval that has ended does not come back.',
    says: /settled is for ever/,
    without: { cluster: 'no-rules-on-workflows' },
  },
  'impersonation-right': {
    rule: 'To act as somebody else takes the right to impersonate, which Kubernetes checks.',
    says: /cannot impersonate/,
    without: { cluster: 'all-may-impersonate' },
  },
} as const satisfies Readonly<Record<string, Guard>>;
