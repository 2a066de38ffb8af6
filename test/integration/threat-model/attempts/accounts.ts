import { kubernetesExecutionKind } from '../../../../src/api/names.ts';
import { makeGeneratedExecution } from '../../../builders/execution-builder.ts';
import type { Attempt } from '../attempt.ts';
import { type Ground, stepParameters } from '../ground.ts';

/** An account that only the cluster's administrators may use. */
const deployer = { serviceAccountName: 'deployer' };

/** Creates an execution that would act as that account. */
function executeAs(attempt: string, run: Attempt['run']): Attempt {
  return {
    attempt: `have a step act as an account that is not theirs to use, ${attempt}`,
    user: 'developer',
    guard: 'account-right',
    async run(ground) {
      await ground.workflows('developer').create(ground.small().build());
      await run(ground);
    },
  };
}

/** Writes a workflow whose steps would act as that account: its controller would then start them. */
function writeAs(attempt: string, run: Attempt['run']): Attempt {
  return {
    attempt: `have a workflow act as an account that is not theirs to use, ${attempt}`,
    user: 'developer',
    guard: 'account-right',
    run,
    succeeded: wouldRun,
  };
}

/** Whether the workflow as it is stored has the account, and something that the developer wants done as it. */
async function wouldRun(ground: Ground): Promise<boolean> {
  const { items } = await ground.workflows('admin').list<{
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  }>();
  for (const { metadata } of items) {
    const { spec } = await ground.stored(metadata.name);
    const wanted = spec.steps?.some(({ action }) => action === 'wanted') ?? false;
    if (wanted && spec.serviceAccountName === deployer.serviceAccountName) return true;
  }
  return false;
}

const wantedStep = [{ stepNumber: 1, action: 'wanted' }];

/** Every way to act with the rights of an account that one may not use. */
export const accountAttempts: readonly Attempt[] = [
  executeAs('by naming it', (ground) =>
    ground.execute((execution) => execution.withSpec(deployer)).then(() => undefined),
  ),
  executeAs('by server-side apply', async (ground) => {
    const execution = ground.execution((each) => each.withSpec(deployer));
    await ground.tries(ground.executions('developer').apply(execution));
  }),
  executeAs('under a name that the API server makes up', async (ground) => {
    const generated = makeGeneratedExecution('as-')
      .of('big')
      .label('attempt', 'forbidden')
      .withSpec({ parameters: stepParameters, ...deployer })
      .build();
    await ground.tries(ground.executions('developer').create(generated));
  }),
  executeAs('by changing an execution that exists', async (ground) => {
    const plain = ground.execution((execution) => execution.label('attempt', 'allowed'));
    await ground.executions('developer').create({
      ...plain,
      kind: kubernetesExecutionKind.kind,
      metadata: { ...plain.metadata, name: 'plain' },
    });
    await ground.tries(ground.executions('developer').mergePatch('plain', { spec: deployer }));
    await ground.execute((execution) => execution.withSpec(deployer));
  }),
  writeAs('by creating it so', async (ground) => {
    const workflow = ground.small().withSpec({ steps: wantedStep, ...deployer });
    await ground.tries(ground.workflows('developer').create(workflow.build()));
  }),
  writeAs('by adding the account later', async (ground) => {
    await ground.workflows('developer').create(ground.small().withSpec({ steps: wantedStep }).build());
    await ground.tries(ground.workflows('developer').mergePatch('big', { spec: deployer }));
  }),
  writeAs('by changing the steps of one that an administrator has given it', async (ground) => {
    await ground.workflows('admin').create(ground.small().withSpec(deployer).build());
    await ground.tries(ground.workflows('developer').mergePatch('big', { spec: { steps: wantedStep } }));
  }),
];
