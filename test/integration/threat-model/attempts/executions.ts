import assert from 'node:assert/strict';
import { approvalAnnotations } from '../../../../src/api/approval-annotations.ts';
import type { KubernetesExecutionSpec } from '../../../../src/api/kubernetes-execution.ts';
import type { ExecutionBuilder } from '../../../builders/execution-builder.ts';
import { makeGeneratedExecution } from '../../../builders/execution-builder.ts';
import type { Attempt } from '../attempt.ts';
import { type Ground, stepParameters } from '../ground.ts';

type Shape = (execution: ExecutionBuilder) => ExecutionBuilder;

const { approved } = approvalAnnotations;
const longName = `big-${'w'.repeat(80)}`;
/** The approver takes the approval back. */
async function withdraw(ground: Ground): Promise<void> {
  await ground.workflows('approver').mergePatch('big', { metadata: { annotations: { [approved]: null } } });
}

/** Runs a step of a workflow that nobody approved. */
const unapproved: readonly Attempt[] = [
  {
    attempt: 'create an execution of an unapproved workflow',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      await ground.execute();
    },
  },
  {
    attempt: "create it with the controller's account",
    user: 'controller',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      await ground.execute((execution) => execution, 'controller');
    },
  },
  {
    attempt: 'create it as cluster administrator',
    user: 'admin',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      await ground.execute((execution) => execution, 'admin');
    },
  },
  {
    attempt: 'create it with a name that the API server makes up',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      const { metadata } = ground.execution();
      const generated = makeGeneratedExecution('big-')
        .of('big')
        .withSpec({ parameters: stepParameters })
        .build();
      const labels = metadata.labels;
      await ground.tries(
        ground.executions('developer').create({ ...generated, metadata: { ...generated.metadata, labels } }),
      );
    },
  },
  {
    attempt: 'create it by server-side apply',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      await ground.tries(ground.executions('developer').apply(ground.execution()));
    },
  },
  {
    attempt: 'create it with nothing but a controller owner reference to name the workflow',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      await ground.execute((execution) => execution.label('workflow', '').ownedBy('big'));
    },
  },
  {
    attempt: 'create it with nothing but a reference in the spec to name the workflow',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      await ground.execute((execution) => execution.label('workflow', '').referringTo('big'));
    },
  },
  {
    attempt: 'create it under a workflow whose name is too long for a label',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow((workflow) => workflow, longName);
      await ground.execute((execution) => execution.label('workflow', '').of(longName));
    },
  },
  {
    attempt: 'have it approved in a dry run, and create it',
    user: 'approver',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow();
      const dryRun = ['--dry-run=server', '-o', 'jsonpath={.metadata.annotations}'];
      const { stdout, stderr } = await ground.cluster.controlPlane.kubectl(
        ['-n', ground.namespace, 'annotate', 'workflowexecution', 'big', `${approved}=true`, ...dryRun],
        { user: 'approver' },
      );
      // It was answered as an approval is, and nothing of that was stored.
      assert.match(stdout, /"kubernaut\.io\/approved-by":"approver"/, stderr);
      assert(!(approved in (await ground.stored()).metadata.annotations));
      await ground.execute();
    },
  },
  {
    attempt: 'create it while the workflow is paused',
    user: 'developer',
    guard: 'nothing-before-approval',
    async run(ground) {
      await ground.workflow((workflow) => workflow.withSpec({ paused: true }));
      await ground.execute();
    },
  },
];

/** Runs a step of a workflow that was rejected. */
const rejected: readonly Attempt[] = [
  {
    attempt: 'create an execution of a rejected workflow',
    user: 'developer',
    guard: 'nothing-after-rejection',
    async run(ground) {
      await ground.workflow();
      await ground.approve('big', 'false');
      await ground.execute();
    },
  },
  {
    attempt: 'create an execution of a workflow that needed no approval and was rejected',
    user: 'developer',
    guard: 'nothing-after-rejection',
    async run(ground) {
      await ground.workflows('developer').create(ground.small().build());
      await ground.approve('big', 'false');
      await ground.watchCaughtUp();
      await ground.execute();
    },
  },
  {
    attempt: 'wait until the threshold is raised above the steps of a rejected workflow',
    user: 'developer',
    guard: 'nothing-after-rejection',
    async run(ground) {
      await ground.workflow();
      await ground.approve('big', 'false');
      await ground.cluster.withSettings({ threshold: 20 }, () => ground.execute());
    },
  },
];

/** Runs something else under the name of an approved workflow. */
function otherThing(attempt: string, shape: Shape): Attempt {
  return {
    attempt: `under an approved workflow, run ${attempt}`,
    user: 'developer',
    guard: 'approved-is-what-runs',
    async run(ground) {
      await ground.workflow((workflow) =>
        workflow.step({
          action: 'restart_deployment',
          parameters: { target: { name: 'web', namespace: 'shop' } },
          rollbackSpec: { action: 'scale_deployment', parameters: { replicas: '0' } },
        }),
      );
      await ground.approve();
      await ground.execute(shape);
    },
  };
}

const with13 = (spec: Partial<KubernetesExecutionSpec>): Shape => {
  const approved = {
    stepNumber: 13,
    action: 'restart_deployment',
    parameters: { target: { name: 'web', namespace: 'shop' } },
  };
  return (execution) => execution.withSpec({ ...approved, ...spec });
};

const otherThings: readonly Attempt[] = [
  otherThing('another action', (execution) => execution.withSpec({ action: 'delete_namespace' })),
  otherThing('the action of another step', (execution) =>
    execution.withSpec({ action: 'restart_deployment' }),
  ),
  otherThing('another value of a parameter', (execution) =>
    execution.withSpec({ parameters: { replicas: '0' } }),
  ),
  otherThing('a parameter of another type', (execution) =>
    execution.withSpec({ parameters: { replicas: 3 } }),
  ),
  otherThing('one more parameter', (execution) =>
    execution.withSpec({ parameters: { ...stepParameters, force: true } }),
  ),
  otherThing('a step without its parameters', (execution) => execution.withSpec({ parameters: {} })),
  otherThing(
    'another value deep in a parameter',
    with13({ parameters: { target: { name: 'web', namespace: 'kube-system' } } }),
  ),
  otherThing('a step on another cluster', (execution) => execution.withSpec({ targetCluster: 'production' })),
  otherThing('a step as another account', (execution) =>
    execution.withSpec({ serviceAccountName: 'cluster-admin' }),
  ),
  otherThing(
    "the action of a step's rollback with the parameters of the step",
    with13({ action: 'scale_deployment' }),
  ),
];

const noSuchStep: readonly Attempt[] = [13, 2_147_483_647].map((number) => ({
  attempt: `under an approved workflow of twelve steps, run a step ${number}`,
  user: 'developer',
  guard: 'a-step-of-the-workflow',
  async run(ground) {
    await ground.workflow();
    await ground.approve();
    await ground.execute((execution) => execution.step(number));
  },
}));

/** Runs an approved step twice at once. */
function twice(attempt: string, second: (ground: Ground) => Promise<unknown>): Attempt {
  return {
    attempt: `run an approved step a second time while it is active, ${attempt}`,
    user: 'developer',
    guard: 'a-step-once',
    async run(ground) {
      await ground.workflow((workflow) =>
        workflow.step({ rollbackSpec: { action: 'undo', parameters: {} }, parameters: stepParameters }),
      );
      await ground.approve();
      const first = ground.execution((execution) => execution.step(13));
      await ground
        .executions('developer')
        .create({ ...first, metadata: { ...first.metadata, name: 'first' } });
      await second(ground);
    },
    succeeded: runsTwice,
  };
}

async function runsTwice(ground: Ground): Promise<boolean> {
  const numbers = (await ground.all()).map(({ spec }) => spec.stepNumber);
  return new Set(numbers).size < numbers.length;
}

const step13: Shape = (execution) => execution.step(13);

const repeated: readonly Attempt[] = [
  twice('under another name', (ground) => ground.execute(step13)),
  twice('by server-side apply under another name', (ground) =>
    ground.tries(ground.executions('developer').apply(ground.execution(step13))),
  ),
  twice('as its own rollback', (ground) =>
    ground.execute((execution) => execution.withSpec({ stepNumber: 13, action: 'undo', parameters: {} })),
  ),
  twice('named by an owner reference alone', (ground) =>
    ground.execute((execution) => step13(execution).label('workflow', '').ownedBy('big')),
  ),
  twice("with the controller's account", (ground) => ground.execute(step13, 'controller')),
  {
    attempt: 'create six executions of an approved step at the same moment',
    user: 'developer',
    guard: 'a-step-once',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      const names = Array.from({ length: 6 }, (_, index) => `attempt-${index}`);
      const { metadata, ...rest } = ground.execution();
      await Promise.all(
        names.map((name) =>
          ground.tries(ground.executions('developer').create({ ...rest, metadata: { ...metadata, name } })),
        ),
      );
    },
    succeeded: runsTwice,
  },
];

/** Uses an approval that is no longer there, before a cache would know. */
const stale: readonly Attempt[] = [
  {
    attempt: 'edit an approved workflow, and at once run what was approved before',
    user: 'developer',
    guard: 'quorum-read',
    run: afterFirstStep((ground) =>
      ground.workflows('developer').mergePatch('big', { spec: { serviceAccountName: 'other' } }),
    ),
  },
  {
    attempt: 'run a step at once after the approval was withdrawn',
    user: 'developer',
    guard: 'quorum-read',
    run: afterFirstStep(withdraw),
  },
  {
    attempt: 'run a step at once after an approver has changed his mind and rejected',
    user: 'developer',
    guard: 'quorum-read',
    run: afterFirstStep((ground) => ground.approve('big', 'false')),
  },
  {
    attempt: 'delete an approved workflow, create it again, and run a step at once',
    user: 'developer',
    guard: 'quorum-read',
    run: afterFirstStep(async (ground) => {
      await ground.workflows('developer').delete('big');
      await ground.workflow();
    }),
  },
];

/** Runs step 2 as approved, so that whoever keeps what he read has read it; then the change; then step 1. */
function afterFirstStep(change: (ground: Ground) => Promise<unknown>): Attempt['run'] {
  return async (ground) => {
    await ground.workflow();
    await ground.approve();
    const second = ground.execution((execution) => execution.step(2).label('attempt', 'allowed'));
    await ground
      .executions('developer')
      .create({ ...second, metadata: { ...second.metadata, name: 'second' } });
    await change(ground);
    await ground.execute();
  };
}

/** Everything that is tried by creating an execution. */
export const executionAttempts: readonly Attempt[] = [
  ...unapproved,
  ...rejected,
  ...otherThings,
  ...noSuchStep,
  ...repeated,
  ...stale,
];
