import { kubernetesExecutionKind, workflowExecutionKind } from '../names.ts';
import { settledExecutionPhases } from '../phase.ts';
import { controllerUserName, type Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const statusWriterPolicyName = 'stepgate-status-writer';

/** What the controller that runs an execution reads back from its status: what was done, by whom, how often, and what was there before. */
const ofExecutions = ['result', 'attempts', 'interruptions', 'unanswered', 'executor'];

/** What the controller that runs a workflow reads back from its status: which steps are done, by which execution, and which are to be undone. */
const ofWorkflows = ['stepStatuses'];

/** True where nobody's attempt is made out to be over without an end: the step would run beside itself, or twice. */
const keptPhase = [
  '(!oldObject.?status.?executor.hasValue()',
  'object.?status.?phase == oldObject.?status.?phase',
  `object.?status.?phase.orValue('') in ${JSON.stringify(settledExecutionPhases)})`,
].join(' || ');

/**
 * The controller acts on what it has written into a status: a rollback puts values of `status.result` back. So those fields
 * are written by its account alone, and by accounts that the chart's `statusWriters` names. Everything else in a status,
 * the phase and conditions above all, is for whoever may write it; but what a controller of ours has begun is only settled
 * by others, never said to wait or to run anew. A write that leaves these fields as they are passes.
 */
export function statusWriterPolicy(installation: Installation): readonly [SchemaObject, SchemaObject] {
  const controller = controllerUserName(installation);
  return validatingAdmissionPolicy({
    name: statusWriterPolicyName,
    resourceRules: [kubernetesExecutionKind, workflowExecutionKind].map(({ group, plural }) => ({
      apiGroups: [group],
      apiVersions: ['*'],
      operations: ['CREATE', 'UPDATE'],
      resources: [`${plural}/status`],
      scope: 'Namespaced',
    })),
    variables: [
      // The chart puts `statusWriters` here.
      { name: 'furtherWriters', expression: '[]' },
      {
        name: 'isWriter',
        expression: `request.userInfo.username == '${controller}' || request.userInfo.username in variables.furtherWriters`,
      },
    ],
    validations: [
      kept(kubernetesExecutionKind.plural, ofExecutions, controller),
      kept(workflowExecutionKind.plural, ofWorkflows, controller),
      {
        expression: `request.resource.resource != '${kubernetesExecutionKind.plural}' || variables.isWriter || ${keptPhase}`,
        message: `while a controller runs an execution (status.executor), others may settle it and write no other phase: ${controller} would run it once more`,
        reason: 'Forbidden',
      },
    ],
  });
}

function kept(plural: string, fields: readonly string[], controller: string) {
  const same = fields.map((field) => `object.?status.?${field} == oldObject.?status.?${field}`).join(' && ');
  const named = fields.map((field) => `status.${field}`).join(', ');
  return {
    expression: `request.resource.resource != '${plural}' || variables.isWriter || (${same})`,
    message: `${named} of ${plural} are written by ${controller} and the accounts of statusWriters alone: the controller acts on what they say`,
    reason: 'Forbidden',
  } as const;
}
