import type { Guard } from './guard.ts';

/** What the API server does for us, by rules that we install or by its own. */
export const guardsOfKubernetes = {
  'identity-policy': {
    rule: 'A ValidatingAdmissionPolicy keeps the workflow and the parameters of an execution as they were created.',
    says: /is immutable/,
    without: { cluster: 'no-identity-policy' },
  },
  'rollback-is-the-controllers': {
    rule: 'A ValidatingAdmissionPolicy lets the workflow controller alone say that an execution undoes another, when it creates it.',
    says: /rollback-(of|by)/,
    without: { cluster: 'no-rollback-policy' },
  },
  'results-are-the-controllers': {
    rule: 'A ValidatingAdmissionPolicy keeps the result of an execution, how often and by whom it was tried, and that it has begun, for the controller that runs it.',
    says: /are written by|others may settle it/,
    without: { cluster: 'no-status-policy' },
  },
  'accounts-of-actions': {
    rule: 'A ValidatingAdmissionPolicy gives the controller tokens of accounts alone that may run executions, and none of the cluster or of stepgate.',
    says: /no action acts as/,
    without: { cluster: 'no-token-policy' },
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
