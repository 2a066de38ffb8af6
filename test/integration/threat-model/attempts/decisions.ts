import { approvalAnnotations } from '../../../../src/api/approval-annotations.ts';
import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';
import { makeApproverOf } from '../rights.ts';

const { approved } = approvalAnnotations;

/** The workflow, with one more annotation, as `kubectl replace` sends it. */
async function replacement(ground: Ground, value: string) {
  const stored = await ground.stored();
  const annotations = { ...stored.metadata.annotations, [approved]: value };
  return { ...stored, metadata: { ...stored.metadata, annotations } };
}

/** The hash that a refused create tells. */
async function printedHash(ground: Ground): Promise<string> {
  await ground.execute();
  return /sha256:[0-9a-f]{64}/.exec(ground.refusals.at(-1) ?? '')?.[0] ?? 'no hash was printed';
}

async function hashOf(ground: Ground, name = 'big'): Promise<string> {
  return ground.hashOf(await ground.stored(name));
}

/** Approves as somebody who has no right to. */
const withoutRight: readonly Attempt[] = [
  {
    attempt: 'approve with `true`, having every right on workflows but `approve`',
    user: 'developer',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow();
      await ground.decide('true');
      await ground.execute();
    },
  },
  {
    attempt: 'approve with the hash that the refusal of an execution prints',
    user: 'developer',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow();
      await ground.decide(await printedHash(ground));
      await ground.execute();
    },
  },
  {
    attempt: 'approve by a JSON patch, having the right to patch alone',
    user: 'nobody',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow();
      const path = `/metadata/annotations/${approved.replace('/', '~1')}`;
      await ground.tries(ground.workflows('nobody').jsonPatch('big', [{ op: 'add', path, value: 'true' }]));
      await ground.execute();
    },
  },
  {
    attempt: 'apply the annotation alone, by server-side apply',
    user: 'developer',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow();
      const { apiVersion, kind } = await ground.stored();
      const metadata = { name: 'big', annotations: { [approved]: 'true' } };
      await ground.tries(ground.workflows('developer').apply({ apiVersion, kind, metadata }));
      await ground.execute();
    },
  },
  {
    attempt: 'replace the workflow by one with the annotation',
    user: 'developer',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow();
      await ground.tries(ground.workflows('developer').replace(await replacement(ground, 'true')));
      await ground.execute();
    },
  },
  {
    attempt: 'apply a manifest that carries the annotation a second time',
    user: 'developer',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow((workflow) => workflow.annotate(approved, 'true'));
      const { apiVersion, kind, spec } = await ground.stored();
      const metadata = { name: 'big', annotations: { [approved]: 'true' } };
      await ground.tries(ground.workflows('developer').apply({ apiVersion, kind, metadata, spec }));
      await ground.execute();
    },
  },
  {
    attempt: 'approve, being an approver of another namespace',
    user: 'nobody',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.cluster.namespace(`${ground.namespace}-other`);
      await makeApproverOf(ground.cluster.client('admin'), `${ground.namespace}-other`);
      await ground.workflow();
      await ground.decide('true');
      await ground.execute();
    },
  },
  {
    attempt: 'approve, being an approver of one other workflow, by its name',
    user: 'nobody',
    guard: 'right-to-approve',
    async run(ground) {
      await ground.workflow();
      await ground.workflow((workflow) => workflow, 'another');
      await ground.decide(await hashOf(ground, 'another'));
      await ground.execute();
    },
  },
  {
    attempt:
      'approve at once after an approver did, who was asked about a moment ago, and the spec was edited',
    user: 'developer',
    guard: 'answer-for-one-user',
    needsHaste: true,
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      await ground
        .workflows('developer')
        .mergePatch('big', { spec: { serviceAccountName: 'cluster-admin' } });
      await ground.decide('true');
      await ground.execute((execution) => execution.withSpec({ serviceAccountName: 'cluster-admin' }));
    },
  },
  {
    attempt:
      'approve, having the right to patch alone, at once after an approver has rejected and the spec was edited',
    user: 'nobody',
    guard: 'answer-for-one-user',
    needsHaste: true,
    async run(ground) {
      await ground.workflow();
      await ground.approve('big', 'false');
      await ground
        .workflows('developer')
        .mergePatch('big', { spec: { serviceAccountName: 'cluster-admin' } });
      await ground.decide('true');
      await ground.execute((execution) => execution.withSpec({ serviceAccountName: 'cluster-admin' }));
    },
  },
  {
    attempt: 'approve while the authorizer cannot answer',
    user: 'developer',
    guard: 'authorizer-fails-closed',
    async run(ground) {
      await ground.workflow();
      const giveBack = await ground.cluster.breakAuthorizer();
      await ground.decide('true');
      await giveBack();
      await ground.execute();
    },
  },
  {
    attempt: 'approve as an approver, by impersonation',
    user: 'developer',
    guard: 'impersonation-right',
    async run(ground) {
      await ground.workflow();
      await ground.kubectl(
        'annotate',
        'workflowexecution',
        'big',
        `${approved}=true`,
        '--as=approver',
        '--as-group=approvers',
      );
      await ground.execute();
    },
  },
  {
    attempt: 'approve as cluster administrator, by impersonation of the group `system:masters`',
    user: 'nobody',
    guard: 'impersonation-right',
    async run(ground) {
      await ground.workflow();
      await ground.kubectl(
        'annotate',
        'workflowexecution',
        'big',
        `${approved}=true`,
        '--as=root',
        '--as-group=system:masters',
      );
      await ground.execute();
    },
  },
];

/** Writes something that looks like a decision. */
const typos: readonly Attempt[] = [
  ['yes', '`yes`'],
  ['TRUE', '`TRUE`'],
  ['True', '`True`'],
  [' true', '`true` behind a blank'],
  ['true\n', '`true` before a line break'],
  ['', 'nothing'],
  ['1', '`1`'],
  ['approved', '`approved`'],
  ['"true"', '`true` in quotes'],
  [`true${' '.repeat(200_000)}`, '`true` and 200 KB of blanks'],
].map(([value = '', words]) => ({
  attempt: `write ${words} where \`true\` approves`,
  user: 'approver',
  guard: 'words-of-a-decision',
  async run(ground) {
    await ground.workflow();
    await ground.decide(value);
    await ground.execute();
  },
}));

/** Approves what was not read. */
const otherSpec: readonly Attempt[] = [
  {
    attempt: 'approve the hash that was read, after somebody has edited the spec',
    user: 'approver',
    guard: 'hash-that-was-read',
    async run(ground) {
      await ground.workflow();
      const read = await hashOf(ground);
      await ground
        .workflows('developer')
        .mergePatch('big', { spec: { serviceAccountName: 'cluster-admin' } });
      await ground.decide(read);
      await ground.execute((execution) => execution.withSpec({ serviceAccountName: 'cluster-admin' }));
    },
  },
  {
    attempt: 'approve the hash of another workflow that was read',
    user: 'approver',
    guard: 'hash-that-was-read',
    async run(ground) {
      await ground.workflow((workflow) => workflow.withSpec({ serviceAccountName: 'cluster-admin' }));
      await ground.workflow((workflow) => workflow, 'harmless');
      await ground.decide(await hashOf(ground, 'harmless'));
      await ground.execute((execution) => execution.withSpec({ serviceAccountName: 'cluster-admin' }));
    },
  },
  {
    attempt: 'approve the hash of the spec as it was before it was voided, by server-side apply',
    user: 'approver',
    guard: 'hash-that-was-read',
    async run(ground) {
      await ground.workflow();
      const read = await hashOf(ground);
      await ground.approve('big', read);
      await ground
        .workflows('developer')
        .mergePatch('big', { spec: { serviceAccountName: 'cluster-admin' } });
      const { apiVersion, kind } = await ground.stored();
      const metadata = { name: 'big', annotations: { [approved]: read } };
      await ground.tries(ground.workflows('approver').apply({ apiVersion, kind, metadata }));
      await ground.execute((execution) => execution.withSpec({ serviceAccountName: 'cluster-admin' }));
    },
  },
];

const edit = { serviceAccountName: 'cluster-admin' };

/** Approves and edits in one request, so that nobody could read what is approved. */
const withEdit: readonly Attempt[] = [
  {
    attempt: 'approve and edit the spec in one merge patch',
    user: 'approver',
    guard: 'decision-apart-from-edit',
    async run(ground) {
      await ground.workflow();
      const patch = { metadata: { annotations: { [approved]: 'true' } }, spec: edit };
      await ground.tries(ground.workflows('approver').mergePatch('big', patch));
      await ground.execute((execution) => execution.withSpec(edit));
    },
  },
  {
    attempt: 'approve by the hash of the spec that the same request writes',
    user: 'approver',
    guard: 'decision-apart-from-edit',
    async run(ground) {
      await ground.workflow();
      const stored = await ground.stored();
      const value = ground.hashOf({ ...stored, spec: { ...stored.spec, ...edit } });
      const patch = { metadata: { annotations: { [approved]: value } }, spec: edit };
      await ground.tries(ground.workflows('approver').mergePatch('big', patch));
      await ground.execute((execution) => execution.withSpec(edit));
    },
  },
  {
    attempt: 'approve and edit the spec in one replace',
    user: 'approver',
    guard: 'decision-apart-from-edit',
    async run(ground) {
      await ground.workflow();
      const { spec, ...rest } = await replacement(ground, 'true');
      await ground.tries(ground.workflows('approver').replace({ ...rest, spec: { ...spec, ...edit } }));
      await ground.execute((execution) => execution.withSpec(edit));
    },
  },
  {
    attempt: 'approve and edit the spec in one JSON patch',
    user: 'approver',
    guard: 'decision-apart-from-edit',
    async run(ground) {
      await ground.workflow();
      const patch = [
        { op: 'add', path: `/metadata/annotations/${approved.replace('/', '~1')}`, value: 'true' },
        { op: 'add', path: '/spec/serviceAccountName', value: edit.serviceAccountName },
      ];
      await ground.tries(ground.workflows('approver').jsonPatch('big', patch));
      await ground.execute((execution) => execution.withSpec(edit));
    },
  },
];

const anotherMustApprove = { threshold: 11, requireDifferentApprover: true };

/** Decides again on what was rejected, or on what one wrote oneself. */
const again: readonly Attempt[] = [
  {
    attempt: 'approve what was rejected',
    user: 'approver',
    guard: 'rejection-is-final',
    async run(ground) {
      await ground.workflow();
      await ground.approve('big', 'false');
      await ground.decide('true');
      await ground.execute();
    },
  },
  {
    attempt: 'approve what was rejected by its hash',
    user: 'approver',
    guard: 'rejection-is-final',
    async run(ground) {
      await ground.workflow();
      await ground.approve('big', 'false');
      await ground.decide(await hashOf(ground));
      await ground.execute();
    },
  },
  {
    attempt: 'take the rejection away, and then approve',
    user: 'approver',
    guard: 'rejection-is-final',
    async run(ground) {
      await ground.workflow();
      await ground.approve('big', 'false');
      const patch = { metadata: { annotations: { [approved]: null } } };
      await ground.tries(ground.workflows('approver').mergePatch('big', patch));
      await ground.decide('true');
      await ground.execute();
    },
  },
  {
    attempt: 'approve what one has created, where another must',
    user: 'admin',
    guard: 'different-approver',
    async run(ground) {
      await ground.workflows('admin').create(ground.draft().build());
      await ground.cluster.withSettings(anotherMustApprove, () => ground.decide('true'));
      await ground.execute();
    },
  },
  {
    attempt: 'edit what somebody else has created, and approve it then',
    user: 'approver',
    guard: 'different-approver',
    async run(ground) {
      await ground.workflow();
      await ground.workflows('approver').mergePatch('big', { spec: edit });
      await ground.cluster.withSettings(anotherMustApprove, () => ground.decide('true'));
      await ground.execute((execution) => execution.withSpec(edit));
    },
  },
];

/** Everything that is tried by deciding. */
export const decisionAttempts: readonly Attempt[] = [
  ...withoutRight,
  ...typos,
  ...otherSpec,
  ...withEdit,
  ...again,
];
