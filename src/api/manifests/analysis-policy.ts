import { approvalAnnotations } from '../approval-annotations.ts';
import { aiAnalysisKind } from '../names.ts';
import { frozenAnalysisPhases } from '../phase.ts';
import { controllerUserName, type Installation } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const analysisPolicyName = 'stepgate-analysis';

/** What the analyser writes, and what nobody changes once it is decided on. */
const recommended = ['recommendations', 'recommendedBy', 'authors', 'approvalContext'];

/** What the controller alone writes into the status of an analysis. */
const outcome = [
  'approvalRequestName',
  'approvalRequestedAt',
  'approvalStatus',
  'approvedBy',
  'rejectedBy',
  'approvalTime',
  'rejectionReason',
  'approvalMethod',
  'workflowExecutionRef',
];

/** An analyser fails too. */
const phasesOfOthers = ['failed'];

/**
 * What an analysis recommends does not change once it is decided on, and what became of it is the controller's to say. CEL
 * in a schema sees neither: recommendations hold any values, and a schema is not told who asks.
 */
export function analysisPolicy(installation: Installation): readonly [SchemaObject, SchemaObject] {
  const controller = controllerUserName(installation);
  const phase = (object: string) => `${object}.?status.?phase.orValue('')`;
  const list = (phases: readonly string[]) => `[${phases.map((each) => `'${each}'`).join(', ')}]`;
  const kept = (fields: readonly string[]) =>
    fields.map((field) => `object.?status.?${field} == oldObject.?status.?${field}`).join(' && ');
  const ours = frozenAnalysisPhases.filter((each) => !phasesOfOthers.includes(each));
  return validatingAdmissionPolicy({
    name: analysisPolicyName,
    resourceRules: [
      {
        apiGroups: [aiAnalysisKind.group],
        apiVersions: ['*'],
        operations: ['UPDATE'],
        resources: [aiAnalysisKind.plural, `${aiAnalysisKind.plural}/status`],
        scope: 'Namespaced',
      },
    ],
    variables: [
      { name: 'before', expression: phase('oldObject') },
      { name: 'after', expression: phase('object') },
      { name: 'isController', expression: `request.userInfo.username == '${controller}'` },
    ],
    validations: [
      {
        expression: `!(variables.before in ${list(frozenAnalysisPhases)}) || (${kept(recommended)})`,
        message: `${recommended.map((field) => `status.${field}`).join(', ')} are frozen once the analysis is decided on: a new analysis may recommend something else`,
        reason: 'Forbidden',
      },
      {
        expression: `variables.isController || (${kept(outcome)})`,
        message: `what became of an analysis is written by ${controller} alone: ${outcome.map((field) => `status.${field}`).join(', ')}`,
        reason: 'Forbidden',
      },
      {
        expression: `variables.isController || variables.after == variables.before || !(variables.after in ${list(ours)})`,
        message: `the phases ${ours.join(', ')} are written by ${controller} alone`,
        reason: 'Forbidden',
      },
      {
        expression: `${creator('object')} == ${creator('oldObject')}`,
        message: `the annotation ${approvalAnnotations.createdBy} is immutable: stepgate has written who created the analysis`,
        reason: 'Forbidden',
      },
    ],
  });
}

function creator(object: 'object' | 'oldObject'): string {
  return `${object}.metadata.?annotations[?'${approvalAnnotations.createdBy}']`;
}
