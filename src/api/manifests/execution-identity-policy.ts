import {
  kubernetesExecutionKind,
  workflowAnnotation,
  workflowExecutionKind,
  workflowLabel,
} from '../names.ts';
import { annotationExpression, labelExpression } from './identity-expressions.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const executionIdentityPolicyName = 'stepgate-execution-identity';

/**
 * An execution keeps its workflow: its label and annotation, once set, are neither changed nor removed. Where
 * there is none yet (executions from before the installation) one may be set, to the workflow that everything
 * else in the object names. Schemas do not see metadata, hence a policy.
 *
 * It also keeps `spec.parameters`, which CEL in a schema cannot see because it holds any values.
 *
 * It runs after mutating webhooks, so what `kubectl replace` dropped and the webhook restored is never refused;
 * updates of finalizers and owner references alone change none of this and pass, with the webhook down as well.
 */
export function executionIdentityPolicy(): readonly [SchemaObject, SchemaObject] {
  return validatingAdmissionPolicy({
    name: executionIdentityPolicyName,
    resourceRules: [
      {
        apiGroups: [kubernetesExecutionKind.group],
        apiVersions: ['*'],
        operations: ['UPDATE'],
        resources: [kubernetesExecutionKind.plural],
        scope: 'Namespaced',
      },
    ],
    variables: [
      { name: 'oldLabel', expression: labelExpression('oldObject') },
      { name: 'newLabel', expression: labelExpression('object') },
      { name: 'oldAnnotation', expression: annotationExpression('oldObject') },
      { name: 'newAnnotation', expression: annotationExpression('object') },
      {
        name: 'marksAdded',
        expression:
          "(variables.oldLabel == '' && variables.newLabel != '' ? [variables.newLabel] : [])" +
          " + (variables.oldAnnotation == '' && variables.newAnnotation != '' ? [variables.newAnnotation] : [])",
      },
      { name: 'workflowsNamed', expression: workflowsNamed },
    ],
    validations: [
      kept('label', workflowLabel, 'oldLabel', 'newLabel'),
      kept('annotation', workflowAnnotation, 'oldAnnotation', 'newAnnotation'),
      {
        expression: 'variables.marksAdded.all(mark, variables.workflowsNamed.all(name, name == mark))',
        message: 'a label or annotation that names the workflow must agree with whatever else names it',
        messageExpression:
          "'a label or annotation that names the workflow must agree with whatever else names it: it says '" +
          " + variables.marksAdded.join(', ') + ', the execution also names '" +
          " + variables.workflowsNamed.filter(name, !(name in variables.marksAdded)).join(', ')",
        reason: 'Invalid',
      },
      {
        expression: 'object.?spec.?parameters == oldObject.?spec.?parameters',
        message: 'spec.parameters is immutable: what an execution does is decided when it is created',
        reason: 'Invalid',
      },
    ],
  });
}

/** Everything in the new object that names a workflow. The identity rules of a create are the webhook's. */
const workflowsNamed = [
  "(variables.newLabel == '' ? [] : [variables.newLabel])",
  "(variables.newAnnotation == '' ? [] : [variables.newAnnotation])",
  "(object.?spec.?workflowExecutionRef.?name.orValue('') == '' ? [] : [object.spec.workflowExecutionRef.name])",
  'object.metadata.?ownerReferences.orValue([])' +
    `.filter(owner, owner.?controller.orValue(false) && owner.kind == '${workflowExecutionKind.kind}'` +
    ` && owner.apiVersion.startsWith('${workflowExecutionKind.group}/')).map(owner, owner.name)`,
].join(' + ');

function kept(what: string, key: string, oldValue: string, newValue: string) {
  const message = `the ${what} ${key} is immutable once it is set: it says whose slot the execution holds`;
  return {
    expression: `variables.${oldValue} == '' || variables.${newValue} == variables.${oldValue}`,
    message,
    messageExpression: `'${message}; it is ' + variables.${oldValue}`,
    reason: 'Invalid',
  } as const;
}
