import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { builtInActions } from '../../../sdk/actions/built-in-actions.ts';
import { failureMessage } from '../../../sdk/execution/failure-message.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { type ActionCase, actionCases } from './action-cases.ts';
import { type ActionGround, openGround } from './action-ground.ts';
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
  { allowed = true } = {},
): Promise<void> {
  const action = builtInActions.actions?.find((each) => each.name === name);
  if (action === undefined) throw new Error(`there is no action ${name}`);
  const ground = await openGround(admin, controlPlane.kubeConfig());
  const parameters = await prepare(ground);
  if (allowed) await ground.allow(name);
  const simulation = await node?.(ground);
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
    let calls = Number.POSITIVE_INFINITY;
    for (let call = 1; call <= calls; call += 1) {
      for (const when of ['before', 'after'] as const) {
        const interruption: Interruption = { call, when };
        await onGround(each, async (attempts, ground) => {
          await expect(attempts.run(interruption)).rejects.toThrow(/interrupted|aborted/);
          const resumed = await attempts.run();
          if (call === 1 && when === 'before') calls = resumed.calls;
          expect(await each.state(ground), `${when} call ${call}`).toMatchObject(each.done(ground) as object);
        });
      }
    }
    expect(calls).toBeGreaterThan(0);
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
      await expect(attempts.run({ call: calls, when: 'after' })).rejects.toThrow(/interrupted|aborted/);
      await attempts.rollback(JSON.parse(JSON.stringify(attempts.remembered)));
      expect(await restored(ground)).toEqual(before);
    });
  });
});

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
