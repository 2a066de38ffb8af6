import type { KubernetesExecutionSpec } from '../../../../src/api/kubernetes-execution.ts';
import type { Attempt } from '../attempt.ts';
import { type Ground, stepParameters } from '../ground.ts';

/** Edits an approved workflow as the developer, and runs what the edit has made of step 1. */
function editThenRun(
  attempt: string,
  edit: (ground: Ground) => Promise<unknown>,
  then: Partial<KubernetesExecutionSpec>,
): Attempt {
  return {
    attempt: `have a workflow approved, then ${attempt}`,
    user: 'developer',
    guard: 'approval-is-for-a-spec',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      await ground.tries(edit(ground));
      await ground.execute((execution) => execution.withSpec(then));
    },
  };
}

const evil = { action: 'delete_namespace' };

const edits: readonly Attempt[] = [
  editThenRun(
    'change the action of a step, by a JSON patch',
    ({ workflows }) =>
      workflows('developer').jsonPatch('big', [
        { op: 'replace', path: '/spec/steps/0/action', value: evil.action },
      ]),
    evil,
  ),
  editThenRun(
    'change a parameter of a step',
    ({ workflows }) =>
      workflows('developer').jsonPatch('big', [
        { op: 'replace', path: '/spec/steps/0/parameters/replicas', value: '0' },
      ]),
    { parameters: { replicas: '0' } },
  ),
  editThenRun(
    'add a parameter to a step',
    ({ workflows }) =>
      workflows('developer').jsonPatch('big', [
        { op: 'add', path: '/spec/steps/0/parameters/force', value: true },
      ]),
    { parameters: { ...stepParameters, force: true } },
  ),
  editThenRun(
    'send a step to another cluster, by replace',
    async (ground) => {
      const stored = await ground.stored();
      const steps = (stored.spec.steps ?? []).map((step) => ({ ...step, targetCluster: 'production' }));
      return ground.workflows('developer').replace({ ...stored, spec: { ...stored.spec, steps } });
    },
    { targetCluster: 'production' },
  ),
  editThenRun(
    'change the account that its actions act as, by server-side apply',
    async (ground) => {
      const { apiVersion, kind } = await ground.stored();
      const spec = { serviceAccountName: 'cluster-admin' };
      return ground.workflows('developer').apply({ apiVersion, kind, metadata: { name: 'big' }, spec });
    },
    { serviceAccountName: 'cluster-admin' },
  ),
  editThenRun(
    'give a step a rollback',
    ({ workflows }) =>
      workflows('developer').jsonPatch('big', [
        { op: 'add', path: '/spec/steps/0/rollbackSpec', value: evil },
      ]),
    { ...evil, parameters: {} },
  ),
  editThenRun(
    'append a step',
    ({ workflows }) =>
      workflows('developer').jsonPatch('big', [
        { op: 'add', path: '/spec/steps/-', value: { stepNumber: 13, ...evil } },
      ]),
    { ...evil, stepNumber: 13, parameters: {} },
  ),
  editThenRun(
    'write it in the other shape, with another action',
    async (ground) => {
      const stored = await ground.stored();
      const steps = (stored.spec.steps ?? []).map((step) => ({ ...step, ...evil }));
      return ground.workflows('developer').replace({ ...stored, spec: { workflowDefinition: { steps } } });
    },
    evil,
  ),
  editThenRun(
    'pause it in the same request that changes an action',
    async (ground) => {
      const stored = await ground.stored();
      const steps = (stored.spec.steps ?? []).map((step) => ({ ...step, ...evil }));
      return ground.workflows('developer').replace({ ...stored, spec: { steps, paused: true } });
    },
    evil,
  ),
  {
    attempt:
      'have a workflow approved, then delete it and apply another of its name with the stamps put back',
    user: 'developer',
    guard: 'creates-begin-anew',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      const { metadata } = await ground.stored();
      await ground.workflows('developer').delete('big');
      const { annotations } = metadata;
      const again = { ...ground.draft().build(), metadata: { name: 'big', annotations } };
      await ground.tries(ground.workflows('developer').apply(again));
      await ground.execute();
    },
  },
];

/** A whole number as it is written, which JavaScript would round. */
function digits(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

/** An object with a key that JavaScript's parsers leave out. */
function withProto(value: object): Record<string, unknown> {
  return { ...value, ...Object.fromEntries([['__proto__', { evil: true }]]) };
}

/** Differences that are lost where values are read carelessly. */
const inexact: readonly Attempt[] = [
  {
    attempt: 'have a number approved and change it in a digit that a double does not hold',
    user: 'developer',
    guard: 'exact-values',
    async run(ground) {
      const parameters = (id: string) => ({ account: digits(id) });
      const { spec, ...rest } = ground.draft().build();
      const steps = (id: string) =>
        (spec.steps ?? []).map((step) => ({ ...step, parameters: parameters(id) }));
      const created = { ...rest, spec: { steps: steps('9007199254740992') } };
      if (!(await ground.tries(ground.workflows('developer').create(created)))) return;
      await ground.approve();
      const change = { spec: { steps: steps('9007199254740993') } };
      await ground.tries(ground.workflows('developer').mergePatch('big', change));
      const execution = ground.execution();
      const runs = { ...execution.spec, parameters: parameters('9007199254740993') };
      await ground.tries(ground.executions('developer').create({ ...execution, spec: runs }));
    },
  },
  {
    attempt: 'run an approved step with a parameter `__proto__` beside its own',
    user: 'developer',
    guard: 'exact-values',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      await ground.execute((execution) => execution.withSpec({ parameters: withProto(stepParameters) }));
    },
  },
  {
    attempt: 'have a workflow approved, then add a parameter `__proto__` to a step, and run that',
    user: 'developer',
    guard: 'exact-values',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      const value = withProto(stepParameters);
      const patch = [{ op: 'replace', path: '/spec/steps/0/parameters', value }];
      await ground.tries(ground.workflows('developer').jsonPatch('big', patch));
      await ground.execute((execution) => execution.withSpec({ parameters: value }));
    },
  },
];

const otherAccount = { serviceAccountName: 'cluster-admin' };

/** Uses a threshold that no longer holds. */
const thresholds: readonly Attempt[] = [
  {
    attempt: 'edit a workflow that needed no approval under a higher threshold, after it was lowered',
    user: 'developer',
    guard: 'threshold-of-the-edit',
    async run(ground) {
      await ground.cluster.withSettings({ threshold: 20 }, () => ground.workflow());
      await ground.tries(ground.workflows('developer').mergePatch('big', { spec: otherAccount }));
      await ground.execute((execution) => execution.withSpec(otherAccount));
    },
  },
  {
    attempt: 'replace such a workflow by one of more steps, with its annotations',
    user: 'developer',
    guard: 'threshold-of-the-edit',
    async run(ground) {
      await ground.cluster.withSettings({ threshold: 20 }, () => ground.workflow());
      const stored = await ground.stored();
      const { spec } = ground.draft().steps(1).build();
      await ground.tries(ground.workflows('developer').replace({ ...stored, spec }));
      await ground.execute((execution) => execution.step(13));
    },
  },
];

/** Everything that is tried by changing what was approved. */
export const editAttempts: readonly Attempt[] = [...edits, ...inexact, ...thresholds];
