import type { Attempt } from '../attempt.ts';
import type { Ground } from '../ground.ts';

async function settle({ workflows }: Ground, phase: string, name = 'big'): Promise<void> {
  await workflows('developer').mergePatch(name, { status: { phase } }, 'status');
}

/** Uses an approval that has ended with its workflow. */
const over: readonly Attempt[] = [
  ...['completed', 'failed'].map((phase): Attempt => ({
    attempt: `run a step of an approved workflow that has ${phase}`,
    user: 'developer',
    guard: 'nothing-after-the-end',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      await settle(ground, phase);
      await ground.execute();
    },
  })),
  {
    attempt: 'run a step of an approved workflow that is being deleted, and is held by a finalizer',
    user: 'developer',
    guard: 'nothing-after-the-end',
    async run(ground) {
      const draft = ground.draft().build();
      const metadata = { ...draft.metadata, finalizers: ['example.com/hold'] };
      await ground.workflows('developer').create({ ...draft, metadata });
      await ground.approve();
      await ground.workflows('developer').delete('big');
      await ground.execute();
    },
  },
];

/** Brings a workflow back whose approval has ended. */
function revive(attempt: string, change: (ground: Ground) => Promise<unknown>): Attempt {
  return {
    attempt: `run a step of an approved workflow that has settled, after ${attempt}`,
    user: 'developer',
    guard: 'settled-is-for-ever',
    async run(ground) {
      await ground.workflow();
      await ground.approve();
      await settle(ground, 'completed');
      await ground.tries(change(ground));
      await ground.execute();
    },
  };
}

const revived: readonly Attempt[] = [
  revive('patching its phase back', (ground) => settle(ground, 'executing')),
  revive('removing its status', ({ workflows }) =>
    workflows('developer').mergePatch('big', { status: null }, 'status'),
  ),
  revive('replacing its status by another', async (ground) =>
    ground
      .workflows('developer')
      .replace({ ...(await ground.stored()), status: { phase: 'executing' } }, 'status'),
  ),
];

/** Uses the name of a workflow that is not there. */
const absent: readonly Attempt[] = [
  {
    attempt: 'delete an unapproved workflow, and at once run a step under its name',
    user: 'developer',
    guard: 'no-execution-without-workflow',
    async run(ground) {
      await ground.workflow();
      await ground.workflows('developer').delete('big');
      await ground.execute();
    },
  },
  {
    attempt: 'run a step before its workflow is created',
    user: 'developer',
    guard: 'no-execution-without-workflow',
    async run(ground) {
      await ground.execute();
      await ground.workflow();
    },
  },
];

/** Everything that is tried where a workflow is no longer, or not yet. */
export const endingAttempts: readonly Attempt[] = [...over, ...revived, ...absent];
