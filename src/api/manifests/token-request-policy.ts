import { kubernetesExecutionKind } from '../names.ts';
import { controllerUserName, type Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const tokenRequestPolicyName = 'stepgate-token-request';

/** The verb on executions by which RBAC says that a ServiceAccount is there to run them. */
export const runVerb = 'run';

/** Namespaces whose accounts are those of the cluster itself. */
const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease'];

/**
 * The controller acts as ServiceAccounts by tokens that it asks for. RBAC could let it do so for all accounts or for those
 * of one name; which are meant, they say themselves, by a right that an administrator of their namespace gives them. So a
 * stolen credential of the controller is good for what actions may do anyway, and for no account of the cluster or of
 * stepgate. Nobody else's requests are looked at.
 *
 * Source of the authorizer's fields: KEP-3488 and apiserver `pkg/cel/library/authz.go`.
 */
export function tokenRequestPolicy(installation: Installation): readonly [SchemaObject, SchemaObject] {
  const { group, plural } = kubernetesExecutionKind;
  const closed = [...systemNamespaces, installation.namespace].map((namespace) => `'${namespace}'`);
  const account = "'ServiceAccount ' + request.name + ' of namespace ' + request.namespace";
  return validatingAdmissionPolicy({
    name: tokenRequestPolicyName,
    resourceRules: [
      {
        apiGroups: [''],
        apiVersions: ['*'],
        operations: ['CREATE'],
        resources: ['serviceaccounts/token'],
        scope: 'Namespaced',
      },
    ],
    matchConditions: [
      {
        name: 'by-the-controller',
        expression: `request.userInfo.username == '${controllerUserName(installation)}'`,
      },
    ],
    validations: [
      {
        expression: `!(request.namespace in [${closed.join(', ')}])`,
        message: 'no action acts as a ServiceAccount of the cluster or of stepgate',
        messageExpression: `${account} + ' belongs to the cluster or to stepgate: no action acts as one of these'`,
        reason: 'Forbidden',
      },
      {
        expression: [
          'authorizer.serviceAccount(request.namespace, request.name)',
          `.group('${group}').resource('${plural}').namespace(request.namespace)`,
          `.check('${runVerb}').allowed()`,
        ].join(''),
        message: `the ServiceAccount has not been given the right to ${runVerb} ${plural}`,
        messageExpression:
          `${account} + ' may not ${runVerb} ${plural}, and so no action acts as it. Whoever administrates the namespace allows that with: ` +
          `kubectl create rolebinding ' + request.name + '-runs-executions -n ' + request.namespace + ' --clusterrole=${installation.actionAccountRole} --serviceaccount=' + request.namespace + ':' + request.name`,
        reason: 'Forbidden',
      },
    ],
  });
}
