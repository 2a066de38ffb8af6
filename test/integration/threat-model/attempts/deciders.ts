import { approvalAnnotations } from '../../../../src/api/approval-annotations.ts';
import { users } from '../../../cluster/users.ts';
import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';
import { makeApproverOf } from '../rights.ts';

const { approved } = approvalAnnotations;
const anotherMustApprove = { threshold: 11, requireDifferentApprover: true };
const evil = { serviceAccountName: 'cluster-admin' };

/** Adds a parameter that does nothing to the last step. */
function editHarmlessly(ground: Ground, user: 'developer' | 'admin') {
  const path = '/spec/steps/11/parameters/note';
  return ground.workflows(user).jsonPatch('big', [{ op: 'add', path, value: 'for the record' }]);
}

/** The robot is the controller's account here: a ServiceAccount, with every right of a developer. */
const robotWithTheRight = (ground: Ground) =>
  makeApproverOf(ground.cluster.client('admin'), ground.namespace, users.controller);

const byAuthors: readonly Attempt[] = [
  {
    attempt: 'edit a workflow, have a colleague edit it harmlessly, and approve it, where another must',
    user: 'approver',
    guard: 'every-author',
    async run(ground) {
      await ground.workflow();
      await ground.workflows('approver').mergePatch('big', { spec: evil });
      await editHarmlessly(ground, 'developer');
      await ground.cluster.withSettings(anotherMustApprove, () => ground.decide('true'));
      await ground.execute((execution) => execution.withSpec(evil));
    },
  },
  {
    attempt:
      'edit a workflow, have it rejected, have a colleague edit it, and approve it, where another must',
    user: 'approver',
    guard: 'every-author',
    async run(ground) {
      await ground.workflow();
      await ground.workflows('approver').mergePatch('big', { spec: evil });
      await ground
        .workflows('admin')
        .mergePatch('big', { metadata: { annotations: { [approved]: 'false' } } });
      await editHarmlessly(ground, 'developer');
      await ground.cluster.withSettings(anotherMustApprove, () => ground.decide('true'));
      await ground.execute((execution) => execution.withSpec(evil));
    },
  },
];

const byRobots: readonly Attempt[] = [
  {
    attempt: 'apply a manifest with an approval in it twice, as a robot does, having the right to approve',
    user: 'controller',
    guard: 'people-decide',
    async run(ground) {
      await robotWithTheRight(ground);
      const manifest = ground.draft().annotate(approved, 'true').build();
      await ground.tries(ground.workflows('controller').apply(manifest));
      await ground.tries(ground.workflows('controller').apply(manifest));
      await ground.execute();
    },
  },
  {
    attempt: "approve with the controller's account, to which somebody has given the right",
    user: 'controller',
    guard: 'people-decide',
    async run(ground) {
      await robotWithTheRight(ground);
      await ground.workflow();
      await ground.decide(ground.hashOf(await ground.stored()));
      await ground.execute((execution) => execution, 'controller');
    },
  },
];

const unread: readonly Attempt[] = [
  {
    attempt: 'approve with `true` what was edited after it was read, where only the hash approves',
    user: 'approver',
    guard: 'hash-alone',
    async run(ground) {
      await ground.workflow();
      await ground.workflows('developer').mergePatch('big', { spec: evil });
      await ground.cluster.withSettings({ threshold: 11, approveByHashOnly: true }, () =>
        ground.decide('true'),
      );
      await ground.execute((execution) => execution.withSpec(evil));
    },
  },
];

/** Everything that is tried by deciding on what is one's own, by a program, or unread. */
export const deciderAttempts: readonly Attempt[] = [...byAuthors, ...byRobots, ...unread];
