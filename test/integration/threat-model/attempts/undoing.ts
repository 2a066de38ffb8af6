import { rollbackByAnnotation, rollbackOfAnnotation } from '../../../../src/api/names.ts';
import type { KubernetesExecution } from '../../../../src/api/kubernetes-execution.ts';
import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';

/** An approved workflow whose first step an administrator has begun. */
async function begun(ground: Ground): Promise<void> {
  await ground.workflow();
  await ground.approve();
  const step = ground.execution((execution) => execution.label('attempt', 'allowed'));
  await ground.executions('admin').create({ ...step, metadata: { ...step.metadata, name: 'begun' } });
}

const undoes = { metadata: { annotations: { [rollbackOfAnnotation]: 'big-step-2' } } };

/** Says of an execution that it undoes another. */
function undo(attempt: string, run: Attempt['run'], succeeded?: Attempt['succeeded']): Attempt {
  return {
    attempt,
    user: 'developer',
    guard: 'rollback-is-the-controllers',
    run,
    ...(succeeded && { succeeded }),
  };
}

const begunUndoes = async (ground: Ground): Promise<boolean> => {
  const { metadata } = await ground.executions('admin').get<KubernetesExecution>('begun');
  return metadata.annotations?.[rollbackOfAnnotation] !== undefined;
};

/** Writes into the status of a step that somebody else has begun. */
function forge(attempt: string, status: object, before: object = {}): Attempt {
  return {
    attempt: `write ${attempt} into the status of a step that a controller runs`,
    user: 'developer',
    guard: 'results-are-the-controllers',
    async run(ground) {
      await begun(ground);
      await ground.executions('controller').mergePatch('begun', { status: before }, 'status');
      await ground.tries(ground.executions('developer').mergePatch('begun', { status }, 'status'));
    },
    async succeeded(ground) {
      const { status: stored } = await ground.executions('admin').get<KubernetesExecution>('begun');
      return Object.entries(status).every(
        ([field, value]) => JSON.stringify(stored?.[field]) === JSON.stringify(value),
      );
    },
  };
}

const running = { phase: 'executing', executor: 'controller-1', attempts: 1 };

/** Every way to have something undone, or undone in another way, than the workflow's controller would. */
export const undoingAttempts: readonly Attempt[] = [
  undo('undo an approved step by an execution of their own', async (ground) => {
    await ground.workflow();
    await ground.approve();
    await ground.execute((execution) => execution.annotate(rollbackOfAnnotation, 'big-step-1'));
  }),
  undo('undo an approved step under the name that the controller would give its rollback', async (ground) => {
    await ground.workflow();
    await ground.approve();
    const execution = ground.execution((each) => each.annotate(rollbackOfAnnotation, 'big-step-1'));
    const metadata = { ...execution.metadata, name: 'big-step-1-rollback' };
    await ground.tries(ground.executions('developer').create({ ...execution, metadata }));
  }),
  undo("say of an execution that it is what a step's rollbackSpec says", async (ground) => {
    await ground.workflow();
    await ground.approve();
    await ground.execute((execution) => execution.annotate(rollbackByAnnotation, 'rollback-spec'));
  }),
  undo(
    "make an administrator's step one that undoes another",
    async (ground) => {
      await begun(ground);
      await ground.tries(ground.executions('developer').mergePatch('begun', undoes));
    },
    begunUndoes,
  ),
  undo(
    "make an administrator's step one that undoes another, by server-side apply",
    async (ground) => {
      await begun(ground);
      const { apiVersion, kind, spec } = ground.execution();
      const metadata = { name: 'begun', ...undoes.metadata };
      await ground.tries(ground.executions('developer').apply({ apiVersion, kind, metadata, spec }));
    },
    begunUndoes,
  ),
  forge('a result, whose values a rollback would put back', { result: { previousReplicas: 0 } }),
  forge(
    'another result than the step has left',
    { result: { created: true, uid: 'x' } },
    { ...running, result: { created: false } },
  ),
  forge('that it was tried less often', { attempts: 0 }, running),
  forge('that another controller runs it', { executor: 'mine' }, running),
  forge('that it has not begun, so that it runs once more', { phase: 'pending' }, running),
];
