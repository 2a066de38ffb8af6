import type { Config } from './config.ts';
import { decimalNumber, duration, oneOf, type ValueSchema, wholeNumber, yesOrNo } from './value-schemas.ts';

/** One key of the ConfigMap `kubernaut-workflowexecution-config`. */
export interface ConfigKey<Value> {
  /** As written in the ConfigMap, in kebab case. */
  readonly key: string;
  /** As one would write it there. */
  readonly byDefault: string;
  readonly value: ValueSchema<Value>;
  /** One sentence for people. */
  readonly meaning: string;
}

/** Every key there is, by the field of Config that it fills. */
export const configKeys: { readonly [Field in keyof Config]: ConfigKey<Config[Field]> } = {
  maxParallelSteps: {
    key: 'max-parallel-steps',
    byDefault: '5',
    value: wholeNumber(1, 10_000),
    meaning: 'Active executions that one workflow may have.',
  },
  complexityApprovalThreshold: {
    key: 'complexity-approval-threshold',
    byDefault: '10',
    value: wholeNumber(0, 10_000),
    meaning: 'A workflow with strictly more steps needs approval.',
  },
  kubernetesQps: {
    key: 'kubernetes-qps',
    byDefault: '20',
    value: decimalNumber(0.1, 10_000),
    meaning: 'Requests a second of the controller to the API server. The webhook is never held back.',
  },
  kubernetesBurst: {
    key: 'kubernetes-burst',
    byDefault: '30',
    value: wholeNumber(1, 10_000),
    meaning: 'Requests that the controller may send at once before `kubernetes-qps` holds it back.',
  },
  enforcement: {
    key: 'enforcement',
    byDefault: 'enforce',
    value: oneOf(['enforce', 'warn', 'audit']),
    meaning:
      'What happens to an execution over the limit, or of a workflow that is not approved: refused, admitted ' +
      'with a warning to the client, or admitted with an audit annotation. Stamps and decisions are always enforced.',
  },
  requireWorkflow: {
    key: 'require-workflow',
    byDefault: 'true',
    value: yesOrNo(),
    meaning: 'Refuse executions of a workflow that does not exist: inventing names would evade the limit.',
  },
  requireDifferentApprover: {
    key: 'require-different-approver',
    byDefault: 'false',
    value: yesOrNo(),
    meaning: 'Nobody who has written the spec of a workflow since it was last approved may approve it.',
  },
  serviceAccountsMayApprove: {
    key: 'service-accounts-may-approve',
    byDefault: 'false',
    value: yesOrNo(),
    meaning:
      'ServiceAccounts with the right to approve decide too: a robot that applies an approval from Git approves.',
  },
  approveByHashOnly: {
    key: 'approve-by-hash-only',
    byDefault: 'false',
    value: yesOrNo(),
    meaning: 'Only the hash of what was read approves a workflow: `kubernaut.io/approved=true` is refused.',
  },
  reservationLifetimeMilliseconds: {
    key: 'reservation-lifetime',
    byDefault: '45s',
    // 34 s is the API server's request timeout for a create: before that, an admitted create may still come.
    value: duration('35s', '1h', 'the API server may finish a create up to 34s after it was admitted'),
    meaning: 'How long an admitted create that never appears keeps its slot.',
  },
  confidenceApprovalThreshold: {
    key: 'confidence-approval-threshold',
    byDefault: '0.8',
    value: decimalNumber(0, 1),
    meaning: 'An analysis that is less confident needs approval.',
  },
  approvalTimeoutMilliseconds: {
    key: 'approval-timeout',
    byDefault: '15m',
    // A timer of Node counts at most 2^31 - 1 ms, 24.8 days.
    value: duration('1s', '168h'),
    meaning: 'How long a request for approval stays open.',
  },
  maxStepTimeoutMilliseconds: {
    key: 'max-step-timeout',
    byDefault: '24h',
    value: duration('1s', '168h'),
    meaning:
      'The longest that one attempt at an execution may take, whatever its timeout says, or where it has none.',
  },
};

/** The name of the environment variable that overrides a key: `MAX_PARALLEL_STEPS` for `max-parallel-steps`. */
export function environmentName(key: string): string {
  return key.toUpperCase().replaceAll('-', '_');
}
