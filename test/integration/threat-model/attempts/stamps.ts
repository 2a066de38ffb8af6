import { approvalAnnotations } from '../../../../src/api/approval-annotations.ts';
import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';

const { threshold, stepCount, approved, approvedBy, approvedAt, approvedSpec } = approvalAnnotations;

const pointer = (annotation: string) => `/metadata/annotations/${annotation.replace('/', '~1')}`;

/** What a whole approval of the stored workflow looks like. */
async function forgedApproval(ground: Ground, name = 'big'): Promise<Record<string, string>> {
  return approvalOf(ground.hashOf(await ground.stored(name)));
}

function approvalOf(hash: string): Record<string, string> {
  return {
    [approved]: 'true',
    [approvedBy]: 'approver',
    [approvedAt]: '2026-01-01T00:00:00.000Z',
    [approvedSpec]: hash,
  };
}

/** Writes a stamp in an update. */
const written: readonly Attempt[] = [
  {
    attempt: 'raise the threshold of a workflow by a merge patch',
    user: 'developer',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const patch = { metadata: { annotations: { [threshold]: '1000' } } };
      await ground.tries(ground.workflows('developer').mergePatch('big', patch));
      await ground.execute();
    },
  },
  {
    attempt: 'raise the threshold of a workflow by a JSON patch',
    user: 'nobody',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const patch = [{ op: 'replace', path: pointer(threshold), value: '12' }];
      await ground.tries(ground.workflows('nobody').jsonPatch('big', patch));
      await ground.execute();
    },
  },
  {
    attempt: 'raise the threshold of a workflow by server-side apply',
    user: 'developer',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const { apiVersion, kind } = await ground.stored();
      const metadata = { name: 'big', annotations: { [threshold]: '999999999' } };
      await ground.tries(ground.workflows('developer').apply({ apiVersion, kind, metadata }));
      await ground.execute();
    },
  },
  {
    attempt: 'raise the threshold of a workflow by replace',
    user: 'developer',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const stored = await ground.stored();
      const annotations = { ...stored.metadata.annotations, [threshold]: '1000' };
      const metadata = { ...stored.metadata, annotations };
      await ground.tries(ground.workflows('developer').replace({ ...stored, metadata }));
      await ground.execute();
    },
  },
  {
    attempt: 'raise the threshold beside an edit of the spec',
    user: 'developer',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const spec = { serviceAccountName: 'cluster-admin' };
      const patch = { metadata: { annotations: { [threshold]: '1000' } }, spec };
      await ground.tries(ground.workflows('developer').mergePatch('big', patch));
      await ground.execute((execution) => execution.withSpec(spec));
    },
  },
  {
    attempt: 'lower the step count of a workflow by a merge patch',
    user: 'developer',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const patch = { metadata: { annotations: { [stepCount]: '1' } } };
      await ground.tries(ground.workflows('developer').mergePatch('big', patch));
      await ground.watchCaughtUp();
      await ground.execute();
    },
  },
  {
    attempt: "lower the step count of a workflow with the controller's account",
    user: 'controller',
    guard: 'stamps-are-ours',
    async run(ground) {
      await ground.workflow();
      const patch = [{ op: 'replace', path: pointer(stepCount), value: '0' }];
      await ground.tries(ground.workflows('controller').jsonPatch('big', patch));
      await ground.watchCaughtUp();
      await ground.execute();
    },
  },
];

/** Brings stamps along in a create. */
const brought: readonly Attempt[] = [
  {
    attempt: 'create a workflow from a manifest that says it is approved',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      const hash = ground.hashOf(ground.draft().build());
      const metadata = { name: 'big', annotations: approvalOf(hash) };
      await ground.tries(ground.workflows('developer').create({ ...ground.draft().build(), metadata }));
      await ground.execute();
    },
  },
  {
    attempt: 'create a workflow by server-side apply of a manifest that says it is approved',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      const hash = ground.hashOf(ground.draft().build());
      const metadata = { name: 'big', annotations: approvalOf(hash) };
      await ground.tries(ground.workflows('developer').apply({ ...ground.draft().build(), metadata }));
      await ground.execute();
    },
  },
  {
    attempt: 'delete an approved workflow and create it again as it was exported',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      const { apiVersion, kind, metadata, spec } = await ground.stored();
      await ground.workflows('developer').delete('big');
      const { name, annotations } = metadata;
      const copy = { apiVersion, kind, metadata: { name, annotations }, spec };
      await ground.tries(ground.workflows('developer').create(copy));
      await ground.execute();
    },
  },
  {
    attempt: 'copy an approved workflow with its annotations to another name',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      await ground.workflow((workflow) => workflow, 'approved');
      await ground.approve('approved');
      const { apiVersion, kind, metadata, spec } = await ground.stored('approved');
      const copy = { apiVersion, kind, metadata: { name: 'big', annotations: metadata.annotations }, spec };
      await ground.tries(ground.workflows('developer').create(copy));
      await ground.execute();
    },
  },
  {
    attempt: 'copy an approved workflow with its annotations from another namespace',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      const other = await ground.beside('other');
      await other.workflow();
      await other.approve();
      const { apiVersion, kind, metadata, spec } = await other.stored();
      const copy = { apiVersion, kind, metadata: { name: 'big', annotations: metadata.annotations }, spec };
      await ground.tries(ground.workflows('developer').create(copy));
      await ground.execute();
    },
  },
  {
    attempt: 'create an approved workflow whose name the API server makes up',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      const hash = ground.hashOf(ground.draft().build());
      const metadata = { generateName: 'big-', annotations: approvalOf(hash) };
      const created = await ground
        .workflows('developer')
        .create<{ readonly metadata: { readonly name: string } }>({ ...ground.draft().build(), metadata });
      await ground.execute((execution) => execution.of(created.metadata.name));
    },
  },
  {
    attempt: 'create a workflow with a threshold of its own',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      await ground.workflow((workflow) => workflow.annotate(threshold, '1000'));
      await ground.execute();
    },
  },
  {
    attempt: 'create a workflow of twelve steps that says it has one',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      await ground.workflow((workflow) => workflow.annotate(stepCount, '1'));
      await ground.watchCaughtUp();
      await ground.execute();
    },
  },
];

/** Has another mutating webhook write them, after ours. */
const rewritten: readonly Attempt[] = [
  {
    attempt: 'have another mutating webhook raise the threshold, on create',
    user: 'developer',
    guard: 'last-word-on-stamps',
    async run(ground) {
      ground.rewrite(() => [{ op: 'add', path: pointer(threshold), value: '1000' }]);
      await ground.tries(ground.workflow());
      await ground.execute();
    },
  },
  {
    attempt: 'have another mutating webhook write a whole approval, on create',
    user: 'developer',
    guard: 'last-word-on-stamps',
    async run(ground) {
      const hash = ground.hashOf(ground.draft().build());
      ground.rewrite(() =>
        Object.entries(approvalOf(hash)).map(([name, value]) => ({ op: 'add', path: pointer(name), value })),
      );
      await ground.tries(ground.workflow());
      await ground.execute();
    },
  },
  {
    attempt: 'have another mutating webhook lower the step count, on create',
    user: 'developer',
    guard: 'last-word-on-stamps',
    async run(ground) {
      ground.rewrite(() => [{ op: 'add', path: pointer(stepCount), value: '1' }]);
      await ground.tries(ground.workflow());
      await ground.execute();
    },
  },
  {
    attempt:
      'have another mutating webhook raise the threshold when a label is written, where ours is not asked',
    user: 'developer',
    guard: 'last-word-on-stamps',
    async run(ground) {
      await ground.workflow();
      ground.rewrite(() => [{ op: 'add', path: pointer(threshold), value: '1000' }]);
      const patch = { metadata: { labels: { harmless: 'yes' } } };
      await ground.tries(ground.workflows('developer').mergePatch('big', patch));
      await ground.execute();
    },
  },
  {
    attempt: 'have another mutating webhook write a whole approval when a label is written',
    user: 'developer',
    guard: 'last-word-on-stamps',
    async run(ground) {
      await ground.workflow();
      const approval = Object.entries(await forgedApproval(ground));
      ground.rewrite(() => approval.map(([name, value]) => ({ op: 'add', path: pointer(name), value })));
      const patch = { metadata: { labels: { harmless: 'yes' } } };
      await ground.tries(ground.workflows('developer').mergePatch('big', patch));
      await ground.execute();
    },
  },
  {
    attempt: 'have another mutating webhook add steps when a label is written, which nobody counts',
    user: 'developer',
    guard: 'last-word-on-stamps',
    async run(ground) {
      await ground.workflows('developer').create(ground.small().build());
      const steps = ground.draft().build().spec.steps;
      ground.rewrite(() => [{ op: 'replace', path: '/spec/steps', value: steps }]);
      const patch = { metadata: { labels: { harmless: 'yes' } } };
      await ground.tries(ground.workflows('developer').mergePatch('big', patch));
      await ground.execute((execution) => execution.step(12));
    },
    async succeeded(ground) {
      const { spec } = await ground.stored();
      return spec.steps?.length === 12 && (await ground.all()).length === 1;
    },
  },
];

/** Everything that is tried by writing stamps. */
export const stampAttempts: readonly Attempt[] = [...written, ...brought, ...rewritten];
