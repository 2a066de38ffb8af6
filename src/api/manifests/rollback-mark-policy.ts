import { kubernetesExecutionKind, rollbackByAnnotation, rollbackOfAnnotation } from '../names.ts';
import { controllerUserName, type Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const rollbackMarkPolicyName = 'stepgate-rollback-mark';

/**
 * Whether an execution does a step or undoes one is decided when it is created, and an undoing is created by the workflow
 * controller alone. Nobody adds, changes or removes these annotations afterwards, the controller and cluster
 * administrators included.
 */
export function rollbackMarkPolicy(installation: Installation): readonly [SchemaObject, SchemaObject] {
  const controller = controllerUserName(installation);
  const annotations = [rollbackOfAnnotation, rollbackByAnnotation];
  const value = (object: string, name: string) => `${object}.metadata.?annotations[?'${name}']`;
  return validatingAdmissionPolicy({
    name: rollbackMarkPolicyName,
    resourceRules: [
      {
        apiGroups: [kubernetesExecutionKind.group],
        apiVersions: ['*'],
        operations: ['CREATE', 'UPDATE'],
        resources: [kubernetesExecutionKind.plural],
        scope: 'Namespaced',
      },
    ],
    validations: annotations.flatMap((name) => [
      {
        expression: `request.operation != 'CREATE' || request.userInfo.username == '${controller}' || !${value('object', name)}.hasValue()`,
        message: `the annotation ${name} is set by ${controller} alone, when it creates the execution: it makes an execution undo a step`,
        reason: 'Forbidden',
      },
      {
        expression: `request.operation != 'UPDATE' || ${value('object', name)} == ${value('oldObject', name)}`,
        message: `the annotation ${name} is immutable: whether an execution undoes a step is decided when it is created`,
        reason: 'Invalid',
      },
    ]),
  });
}
