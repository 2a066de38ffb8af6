import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { defineAction } from '../../../src/plugin/action.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { createPod } from '../actions/action-cases.ts';
import { type ActionGround, openGround } from '../actions/action-ground.ts';
import { attemptsAt } from '../actions/attempt-action.ts';

/*
 * Whoever creates a step writes its parameters. A plugin that puts a path together from one is driven against the API
 * server, as the ServiceAccount of the step; and the same path is sent past the client, to show what it would have done.
 */
let controlPlane: ControlPlane;
let admin: KubeClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  admin = createKubeClient(controlPlane.kubeConfig());
});
afterAll(async () => {
  admin?.close();
  await controlPlane?.stop();
});

const pathOf = (namespace: string, pod: string): string => `/api/v1/namespaces/${namespace}/pods/${pod}`;

const deletePod = defineAction({
  name: 'delete_pod_by_path',
  parameters: z.strictObject({ pod: z.string() }),
  run: ({ parameters, kube, signal, execution }) =>
    kube.request({ method: 'DELETE', path: pathOf(execution.namespace, parameters.pod), signal }),
});

async function podsIn({ namespace }: ActionGround): Promise<readonly string[]> {
  const { items } = await admin.request<{ readonly items: readonly { metadata: { name: string } }[] }>({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/pods`,
  });
  return items.map(({ metadata }) => metadata.name).toSorted();
}

const all = ['api-0', 'web-0', 'web-1'];

/** Three pods, of which a step may delete any. */
async function stage(): Promise<ActionGround> {
  const ground = await openGround(admin, controlPlane.kubeConfig());
  for (const name of all)
    await createPod(ground, name, { labels: { app: name.slice(0, 3) } }, { nodeName: undefined });
  await ground.allowRules([{ apiGroups: [''], resources: ['pods'], verbs: ['delete', 'deletecollection'] }]);
  return ground;
}

it.each([
  ['a selector in the place of a name', '?labelSelector=app%3Dweb', ['api-0']],
  ['nothing in the place of a name', '', []],
  ['a slash that is escaped, to another pod', 'x%2F..%2Fweb-0', undefined],
  ['dots, to the pods of the namespace', 'x/../', undefined],
  ['dots that are escaped', '%2E%2E/pods', undefined],
  ['a parameter that changes nothing', 'web-0?dryRun=All', all],
  ['a fragment', 'web-0#1', undefined],
])('a step cannot delete pods by %s', async (_, pod, leftWithoutGuard) => {
  const ground = await stage();
  try {
    const run = attemptsAt(deletePod, ground, { pod }).run();
    await expect(run).rejects.toMatchObject({ code: 'KubePath' });
    expect(await podsIn(ground)).toEqual(all);
    if (leftWithoutGuard === undefined) return;
    await controlPlane.kubectl(['delete', '--raw', pathOf(ground.namespace, pod)]);
    expect(await podsIn(ground)).toEqual(leftWithoutGuard);
  } finally {
    ground.close();
  }
});

it('a step deletes the pod that it names', async () => {
  const ground = await stage();
  try {
    await attemptsAt(deletePod, ground, { pod: 'web-0' }).run();
    expect(await podsIn(ground)).toEqual(['api-0', 'web-1']);
  } finally {
    ground.close();
  }
});
