import assert from 'node:assert/strict';
import { approvalAnnotations } from '../../../../src/api/approval-annotations.ts';
import type { WorkflowBuilder } from '../../../builders/workflow-builder.ts';
import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';

/** A workflow that was there before the API server asked us. */
function there(shape: (workflow: WorkflowBuilder) => WorkflowBuilder): NonNullable<Attempt['before']> {
  return (ground) => ground.workflow(shape);
}

async function runStep(ground: Ground): Promise<void> {
  await ground.execute();
}

const uncounted: readonly Attempt[] = [
  {
    attempt: 'run a step of a workflow from before the installation',
    user: 'developer',
    guard: 'counted-by-the-gate',
    before: there((workflow) => workflow),
    run: runStep,
  },
  {
    attempt: "run a step of a workflow from before the installation in kubernaut's shape",
    user: 'developer',
    guard: 'counted-by-the-gate',
    before: there((workflow) => workflow.asDefinition()),
    run: runStep,
  },
  {
    attempt: "run a step of a workflow from before the installation with the controller's account",
    user: 'controller',
    guard: 'counted-by-the-gate',
    before: there((workflow) => workflow),
    async run(ground) {
      await ground.execute((execution) => execution, 'controller');
    },
  },
];

const planted: readonly Attempt[] = [
  {
    attempt: 'write a whole approval onto a workflow before the installation, its hash included',
    user: 'developer',
    guard: 'stamps-of-this-installation',
    before: (ground) =>
      ground.workflow((workflow) => {
        const hash = ground.hashOf(workflow.build());
        return workflow
          .annotate(approvalAnnotations.approved, hash)
          .annotate(approvalAnnotations.approvedBy, 'approver')
          .annotate(approvalAnnotations.approvedAt, '2026-01-01T00:00:00.000Z')
          .annotate(approvalAnnotations.approvedSpec, hash);
      }),
    run: runStep,
  },
  {
    attempt: 'write a step count of one onto a workflow before the installation',
    user: 'developer',
    guard: 'stamps-of-this-installation',
    before: there((workflow) => workflow.annotate(approvalAnnotations.stepCount, '1')),
    run: runStep,
  },
  {
    attempt: 'write a threshold of a thousand onto a workflow before the installation',
    user: 'developer',
    guard: 'stamps-of-this-installation',
    before: there((workflow) => workflow.annotate(approvalAnnotations.threshold, '1000')),
    run: runStep,
  },
  {
    attempt:
      'write a threshold onto a workflow before the installation, and have the rest stamped by a harmless edit',
    user: 'developer',
    guard: 'stamps-of-this-installation',
    before: there((workflow) => workflow.annotate(approvalAnnotations.threshold, '1000')),
    async run(ground) {
      await ground.tries(ground.workflows('developer').mergePatch('big', { spec: { paused: true } }));
      await ground.execute();
    },
  },
];

/** Takes stepgate away for a while; the mark of the installation before stays on the workflow. */
const meanwhile: readonly Attempt[] = [
  {
    attempt:
      'write a whole approval beside the mark of an installation that was removed, and run a step under the next one',
    user: 'developer',
    guard: 'stamps-of-this-installation',
    async run(ground) {
      await ground.workflow();
      const stored = await ground.stored();
      assert(stored.metadata.annotations[approvalAnnotations.installation]);
      const hash = ground.hashOf(stored);
      const annotations = {
        [approvalAnnotations.approved]: hash,
        [approvalAnnotations.approvedBy]: 'approver',
        [approvalAnnotations.approvedAt]: '2026-01-01T00:00:00.000Z',
        [approvalAnnotations.approvedSpec]: hash,
      };
      await ground.cluster.uninstalled(async () => {
        await ground.workflows('developer').mergePatch('big', { metadata: { annotations } });
      });
      await ground.execute();
    },
  },
];

const unreadable: readonly Attempt[] = [
  {
    attempt: 'run a step of a workflow from before the installation with a number that loses digits',
    user: 'developer',
    guard: 'unreadable-runs-nothing',
    before: there((workflow) => workflow.step({ parameters: { account: 2 ** 60 } })),
    run: runStep,
  },
];

/** Everything that is tried with workflows from before the installation. */
export const attemptsFromBefore: readonly Attempt[] = [...uncounted, ...planted, ...meanwhile, ...unreadable];
