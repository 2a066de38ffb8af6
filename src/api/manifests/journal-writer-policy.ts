import { slotJournalKind } from '../names.ts';
import type { Installation } from './installation.ts';
import { webhookUserName } from './installation.ts';
import type { SchemaObject } from './structural-schema.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

/** Name of the policy and of its binding. */
export const journalWriterPolicyName = 'stepgate-journal-writer';

/** Who may delete a journal besides the webhook, so that namespaces end and garbage is collected. */
const deleters = [
  'system:serviceaccount:kube-system:namespace-controller',
  'system:serviceaccount:kube-system:generic-garbage-collector',
];

/**
 * The journal is the webhook's alone: an edit by anyone else, cluster administrators included, could let a
 * workflow exceed its limit unnoticed. A deletecollection is asked about for each journal it would delete.
 *
 * In a namespace that is terminating anyone may delete it: nothing can be created there any more, so the journal
 * has done its work, and not every cluster runs its namespace controller under an account of its own.
 */
export function journalWriterPolicy(installation: Installation): readonly [SchemaObject, SchemaObject] {
  const webhook = webhookUserName(installation);
  const why = `SlotJournals are written by ${webhook} alone: an edit by hand could let a workflow exceed its limit`;
  const wayOut =
    'To remove stepgate, uninstall it. To repair a journal all the same, delete the ' +
    `ValidatingAdmissionPolicyBinding ${journalWriterPolicyName}, do it, and put the binding back`;
  return validatingAdmissionPolicy({
    name: journalWriterPolicyName,
    resourceRules: [
      {
        apiGroups: [slotJournalKind.group],
        apiVersions: ['*'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        resources: [slotJournalKind.plural],
        scope: 'Namespaced',
      },
    ],
    validations: [
      {
        expression: [
          `request.userInfo.username == '${webhook}'`,
          `(request.operation == 'DELETE' && (${[
            `request.userInfo.username in [${deleters.map((user) => `'${user}'`).join(', ')}]`,
            'has(namespaceObject.metadata.deletionTimestamp)',
          ].join(' || ')}))`,
        ].join(' || '),
        message: `${why}. ${wayOut}.`,
        messageExpression: `'${why}. You are ' + request.userInfo.username + '. ${wayOut}.'`,
        reason: 'Forbidden',
      },
    ],
  });
}
