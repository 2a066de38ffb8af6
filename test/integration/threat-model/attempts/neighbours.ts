import { randomUUID } from 'node:crypto';
import { approvalAnnotations } from '../../../../src/api/approval-annotations.ts';
import {
  mutateWorkflowsPath,
  validateExecutionsPath,
  validateWorkflowsPath,
} from '../../../../src/api/manifests/webhook-configurations.ts';
import { slotJournalKind, slotJournalName } from '../../../../src/api/names.ts';
import type { SlotJournal } from '../../../../src/api/slot-journal.ts';
import { makeExecution } from '../../../builders/execution-builder.ts';
import { kindClient } from '../../../cluster/kind-client.ts';
import { users } from '../../../cluster/users.ts';
import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';
import { forge } from '../neighbour.ts';

const developer = { username: users.developer.name, groups: users.developer.groups };
const approver = { username: users.approver.name, groups: users.approver.groups };

/** Forges the create of a workflow of twelve steps, stamped as our mutating side stamps it. */
async function forgeWorkflow(ground: Ground, name: string, namespace = ground.namespace): Promise<void> {
  const draft = ground.draft(name).inNamespace(namespace).build();
  const review = { operation: 'CREATE', namespace, user: developer } as const;
  const object = { ...draft, metadata: { ...draft.metadata, uid: randomUUID() } };
  const stamped = await forge(ground, mutateWorkflowsPath, { ...review, object });
  const patch = JSON.parse(Buffer.from(stamped?.patch ?? '', 'base64').toString() || '[]') as readonly {
    readonly value: Record<string, string>;
  }[];
  const metadata = { ...object.metadata, annotations: patch[0]?.value ?? {} };
  await forge(ground, validateWorkflowsPath, { ...review, object: { ...object, metadata } });
}

async function marksIn(ground: Ground, namespace = ground.namespace): Promise<number> {
  const journals = kindClient(ground.cluster.client('admin'), slotJournalKind, namespace);
  const { items } = await journals.list<{ readonly items: readonly SlotJournal[] }>();
  const journal = items.find(({ metadata }) => metadata.name === slotJournalName);
  return journal?.spec.workflows?.changing.length ?? 0;
}

/** What somebody may try who reaches the admission port and has no credential. */
export const neighbourAttempts: readonly Attempt[] = [
  {
    attempt: 'take all slots of a workflow by forged reviews of creates',
    user: 'neighbour',
    guard: 'believed-caller',
    async run(ground) {
      await ground.workflows('developer').create(ground.small().build());
      for (let index = 0; index < 5; index += 1) {
        const forged = makeExecution(`forged-${index}`).inNamespace(ground.namespace).of('big').build();
        const object = { ...forged, metadata: { ...forged.metadata, uid: randomUUID() } };
        await forge(ground, validateExecutionsPath, { operation: 'CREATE', object, user: developer });
      }
    },
    succeeded: async (ground) => !(await ground.execute()),
  },
  {
    attempt: 'fill the journal of a namespace with marks of workflows that nobody creates',
    user: 'neighbour',
    guard: 'believed-caller',
    async run(ground) {
      for (let index = 0; index < 20; index += 1) await forgeWorkflow(ground, `forged-${index}`);
    },
    succeeded: async (ground) => (await marksIn(ground)) >= 20,
  },
  {
    attempt: 'have a journal written into a namespace of the cluster itself',
    user: 'neighbour',
    guard: 'believed-caller',
    run: (ground) => forgeWorkflow(ground, 'forged', 'kube-system'),
    succeeded: async (ground) => (await marksIn(ground, 'kube-system')) > 0,
  },
  {
    attempt: 'find out who may approve, by asking for a decision in the name of each',
    user: 'neighbour',
    guard: 'believed-caller',
    async run(ground) {
      await ground.workflow();
      await mayApprove(ground, developer);
    },
    async succeeded(ground) {
      return (await mayApprove(ground, approver)) === true && (await mayApprove(ground, developer)) === false;
    },
  },
];

/** What the webhook says to a decision by that user; undefined where it says nothing. */
async function mayApprove(
  ground: Ground,
  user: { readonly username: string; readonly groups: readonly string[] },
): Promise<boolean | undefined> {
  const oldObject = await ground.stored();
  const annotations = { ...oldObject.metadata.annotations, [approvalAnnotations.approved]: 'true' };
  const object = { ...oldObject, metadata: { ...oldObject.metadata, annotations } };
  return (await forge(ground, mutateWorkflowsPath, { operation: 'UPDATE', object, oldObject, user }))
    ?.allowed;
}
