import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { builtInActions } from '../../../sdk/actions/built-in-actions.ts';
import { failureMessage } from '../../../sdk/execution/failure-message.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { type ActionCase, actionCases } from './action-cases.ts';
import { type ActionGround, openGround, type Right, rightsOf } from './action-ground.ts';
import { type Attempts, attemptsAt } from './attempt-action.ts';
import type { Interruption } from './interrupted-client.ts';
import { readObject } from './object-state.ts';

let controlPlane: ControlPlane;
let admin: KubeClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  admin = createKubeClient(controlPlane.kubeConfig());
});
afterAll(async () => {
  admin.close();
  await controlPlane.stop();
});

/** Prepares a ground for an action, with its Role unless told otherwise, and acts as its node meanwhile. */
async function onGround(
  { action: name, prepare, node }: ActionCase,
  work: (attempts: Attempts, ground: ActionGround) => Promise<void>,
  {
    allowed = true,
    without,
    withNode = true,
  }: { readonly allowed?: boolean; readonly without?: Right; readonly withNode?: boolean } = {},
): Promise<void> {
  const action = builtInActions.actions?.find((each) => each.name === name);
  if (action === undefined) throw new Error(`there is no action ${name}`);
  const ground = await openGround(admin, controlPlane.kubeConfig());
  const parameters = await prepare(ground);
  if (allowed) await ground.allow(name, without);
  const simulation = withNode ? await node?.(ground) : undefined;
  try {
    await work(attemptsAt(action, ground, parameters), ground);
  } finally {
    await simulation?.stop();
    ground.close();
  }
}

test('there is a case for every built-in action', () => {
  const names = new Set(actionCases.map(({ action }) => action));
  expect(builtInActions.actions?.filter(({ name }) => !names.has(name))).toEqual([]);
});

const named = actionCases.map((each, index) => [`${each.action} (${index})`, each] as const);

describe.each(named)('%s', (_, each) => {
  test('does it, and a second time changes nothing more', async () => {
    await onGround(each, async (attempts, ground) => {
      const first = await attempts.run();
      const done = await each.state(ground);
      expect(done).toMatchObject(each.done(ground) as object);
      const versions = await versionsOf(ground);
      expect((await attempts.run()).result).toEqual(first.result);
      expect(await each.state(ground)).toEqual(done);
      expect(await versionsOf(ground)).toEqual(versions);
    });
  });

  test('is taken up again where any of its calls was interrupted', async () => {
    let wasInterrupted = true;
    // How many calls it makes may depend on how fast a node is: it is over when an attempt makes no such call.
    for (let call = 1; wasInterrupted; call += 1) {
      for (const when of ['before', 'after'] as const) {
        await onGround(each, async (attempts, ground) => {
          wasInterrupted = await isInterrupted(attempts, { call, when });
          if (wasInterrupted) await attempts.run();
          expect(await each.state(ground), `${when} call ${call}`).toMatchObject(each.done(ground) as object);
        });
      }
    }
  });

  test('without its Role fails, and says which right is missing', async () => {
    await onGround(
      each,
      async (attempts, ground) => {
        const before = await each.state(ground);
        const error: unknown = await attempts.run().catch((thrown: unknown) => thrown);
        expect(failureMessage(error)).toContain(
          `ServiceAccount stepgate-runner of namespace ${ground.namespace} `,
        );
        expect(failureMessage(error)).toContain(each.missing);
        expect(await each.state(ground)).toEqual(before);
      },
      { allowed: false },
    );
  });
});

/** True where the attempt made that call; false where it ended before. */
async function isInterrupted(attempts: Attempts, interruption: Interruption): Promise<boolean> {
  try {
    await attempts.run(interruption);
    return false;
  } catch (error) {
    if (!/interrupted|aborted/.test(String(error))) throw error;
    return true;
  }
}

const reversible = named.flatMap(([name, each]) =>
  each.restored === undefined ? [] : [[name, each, each.restored] as const],
);

describe.each(reversible)('%s', (_, each, restored) => {
  test('is rolled back, also where any call of the rollback was interrupted', async () => {
    let calls = 0;
    for (let call = 0; call <= calls; call += 1) {
      await onGround(each, async (attempts, ground) => {
        const before = await restored(ground);
        const { result } = await attempts.run();
        expect(await restored(ground)).not.toEqual(before);
        const kept = JSON.parse(JSON.stringify(result)) as unknown;
        const interrupted = call === 0 ? [] : [attempts.rollback(kept, { call, when: 'after' })];
        await Promise.allSettled(interrupted);
        ({ calls } = await attempts.rollback(kept));
        expect(await restored(ground), `after call ${call}`).toEqual(before);
      });
    }
  });

  test('is rolled back by what it remembered, where it was interrupted after its last call', async () => {
    let calls = 0;
    await onGround(each, async (attempts) => {
      ({ calls } = await attempts.run());
    });
    await onGround(each, async (attempts, ground) => {
      const before = await restored(ground);
      await isInterrupted(attempts, { call: calls, when: 'after' });
      await attempts.rollback(JSON.parse(JSON.stringify(attempts.remembered)));
      expect(await restored(ground)).toEqual(before);
    });
  });
});

const rights = [...new Set(actionCases.map(({ action }) => action))].flatMap((action) =>
  rightsOf(action).map((right) => [action, right.verb, right.resource] as const),
);

test.each(rights)(
  'the example of %s gives no right that is not needed: without %s %s it fails',
  async (...of) => {
    const [action, verb, resource] = of;
    const messages: string[] = [];
    for (const each of actionCases.filter((one) => one.action === action)) {
      await onGround(
        each,
        async (attempts) => {
          try {
            const { result } = await attempts.run();
            // Taken up again, and undone.
            await attempts.run();
            if (each.restored !== undefined) await attempts.rollback(result);
          } catch (error) {
            messages.push(failureMessage(error));
          }
        },
        // Without a node it has to wait, and thus to watch.
        { without: { verb, resource }, withNode: verb !== 'watch' },
      );
    }
    expect(messages.join('\n')).toContain(` may not ${verb} ${resource}: `);
  },
);

/** The version of everything in the ground that an action may write. */
async function versionsOf({ namespace, node }: ActionGround): Promise<unknown> {
  const paths = [
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    `/apis/batch/v1/namespaces/${namespace}/jobs`,
    ...['pods', 'configmaps', 'secrets'].map((plural) => `/api/v1/namespaces/${namespace}/${plural}`),
  ];
  const lists = await Promise.all(
    paths.map((path) =>
      readObject<{ items: { metadata: { name: string; resourceVersion: string } }[] }>(admin, path),
    ),
  );
  const found = await readObject<{ metadata: { resourceVersion: string } }>(admin, `/api/v1/nodes/${node}`);
  return [
    ...lists.flatMap(({ items }) => items.map(({ metadata }) => [metadata.name, metadata.resourceVersion])),
    [node, found.metadata.resourceVersion],
  ];
}
