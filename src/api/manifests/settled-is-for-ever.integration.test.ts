import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecution } from '../../../test/builders/execution-builder.ts';
import { makeWorkflow } from '../../../test/builders/workflow-builder.ts';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import type { ResourceKind } from '../names.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../names.ts';
import { executionPhases, isSettledExecutionPhase, settledExecutionPhases } from '../phase.ts';

let controlPlane: ControlPlane;
let client: KubeClient;
let workflows: KindClient;
let executions: KindClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
  client = createKubeClient(controlPlane.kubeConfig());
  workflows = kindClient(client, workflowExecutionKind, 'default');
  executions = kindClient(client, kubernetesExecutionKind, 'default');
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

interface TypeOfObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
}

interface Stored extends TypeOfObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: { readonly phase?: string };
}

interface Attack {
  readonly how: string;
  readonly run: (objects: KindClient, name: string) => Promise<unknown>;
}

/** Writes of the whole object with its status exchanged: `undefined` leaves it out. */
const withStatus = async (objects: KindClient, name: string, status: unknown) => {
  const { status: _, ...rest } = await objects.get<Stored>(name);
  return status === undefined ? rest : { ...rest, status };
};

/** A kind and a name, and nothing else: what server-side apply starts from. */
const bare = ({ apiVersion, kind }: TypeOfObject, name: string) => ({ apiVersion, kind, metadata: { name } });

const attacksOnThePhase: readonly Attack[] = [
  ...['executing', 'pending', '', null].flatMap((phase): Attack[] => [
    {
      how: `merge patch to ${JSON.stringify(phase)}`,
      run: (objects, name) => objects.mergePatch(name, { status: { phase } }, 'status'),
    },
    {
      how: `JSON patch to ${JSON.stringify(phase)}`,
      run: (objects, name) =>
        objects.jsonPatch(name, [{ op: 'replace', path: '/status/phase', value: phase }], 'status'),
    },
    {
      how: `replace with ${JSON.stringify(phase)}`,
      run: async (objects, name) => objects.replace(await withStatus(objects, name, { phase }), 'status'),
    },
    {
      how: `server-side apply of ${JSON.stringify(phase)}`,
      run: async (objects, name) =>
        objects.apply({ ...bare(await objects.get(name), name), status: { phase } }, 'status'),
    },
  ]),
  {
    how: 'merge patch of the status to null',
    run: (objects, name) => objects.mergePatch(name, { status: null }, 'status'),
  },
  {
    how: 'merge patch of the status to a text',
    run: (objects, name) => objects.mergePatch(name, { status: 'x' }, 'status'),
  },
  {
    how: 'merge patch of the status to a list',
    run: (objects, name) => objects.mergePatch(name, { status: [] }, 'status'),
  },
  {
    how: 'JSON patch that removes the phase',
    run: (objects, name) => objects.jsonPatch(name, [{ op: 'remove', path: '/status/phase' }], 'status'),
  },
  {
    how: 'JSON patch that removes the status',
    run: (objects, name) => objects.jsonPatch(name, [{ op: 'remove', path: '/status' }], 'status'),
  },
  {
    how: 'JSON patch that sets the status to {}',
    run: (objects, name) => objects.jsonPatch(name, [{ op: 'add', path: '/status', value: {} }], 'status'),
  },
  {
    how: 'replace without a status',
    run: async (objects, name) => objects.replace(await withStatus(objects, name, undefined), 'status'),
  },
  {
    how: 'replace with an empty status',
    run: async (objects, name) => objects.replace(await withStatus(objects, name, {}), 'status'),
  },
];

/** Writes of the main resource, which the API server lets through without their status. */
const writesThatCarryNoStatus: readonly Attack[] = [
  { how: 'merge patch', run: (objects, name) => objects.mergePatch(name, { status: null }) },
  { how: 'JSON patch', run: (objects, name) => objects.jsonPatch(name, [{ op: 'remove', path: '/status' }]) },
  {
    how: 'replace',
    run: async (objects, name) => objects.replace(await withStatus(objects, name, { phase: 'executing' })),
  },
];

describe.each<[ResourceKind['kind'], () => KindClient, (name: string) => TypeOfObject]>([
  ['KubernetesExecution', () => executions, (name) => makeExecution(name).of('w').build()],
  ['WorkflowExecution', () => workflows, (name) => makeWorkflow(name).steps(2).build()],
])('a settled %s stays settled', (_, objects, make) => {
  const settle = async (name: string, phase: string) => {
    await objects().create(make(name));
    await objects().mergePatch(name, { status: { phase } }, 'status');
  };
  const phaseOf = async (name: string) => (await objects().get<Stored>(name)).status?.phase;

  beforeAll(() => settle('settled', 'completed'));

  it.each(attacksOnThePhase)('under $how', async ({ run }) => {
    await expect(run(objects(), 'settled')).rejects.toMatchObject({ status: { code: 422 } });
    expect(await phaseOf('settled')).toBe('completed');
  });

  it.each(writesThatCarryNoStatus)('under $how of the object itself', async ({ run }) => {
    await run(objects(), 'settled');
    expect(await phaseOf('settled')).toBe('completed');
  });

  it('under server-side apply by the one who applied the phase and now leaves it out', async () => {
    const name = 'applied';
    await objects().create(make(name));
    const applied = bare(make(name), name);
    await objects().apply({ ...applied, status: { phase: 'failed' } }, 'status');
    await expect(objects().apply(applied, 'status')).rejects.toMatchObject({ status: { code: 422 } });
    await expect(objects().apply({ ...applied, status: {} }, 'status')).rejects.toMatchObject({
      status: { code: 422 },
    });
    expect(await phaseOf(name)).toBe('failed');
  });

  it('and may still move to another settled phase, and change the rest of its status', async () => {
    await settle('moving', 'failed');
    await objects().mergePatch('moving', { status: { phase: 'completed', message: 'after all' } }, 'status');
    await objects().mergePatch('moving', { status: { message: 'done' } }, 'status');
    expect(await objects().get('moving')).toMatchObject({ status: { phase: 'completed', message: 'done' } });
  });

  it('and says why', async () => {
    await expect(
      objects().mergePatch('settled', { status: { phase: 'executing' } }, 'status'),
    ).rejects.toMatchObject({
      status: {
        reason: 'Invalid',
        details: {
          causes: [
            { field: 'status.phase', message: expect.stringContaining('settled is for ever') as string },
          ],
        },
      },
    });
  });
});

describe('an execution that is not settled', () => {
  it('may go back and forth, and lose its status', async () => {
    await executions.create(makeExecution('free').of('w').build());
    for (const phase of ['executing', 'validating', 'waiting_approval', null]) {
      await executions.mergePatch('free', { status: { phase } }, 'status');
    }
    await executions.mergePatch('free', { status: { phase: 'executing' } }, 'status');
    await executions.mergePatch('free', { status: null }, 'status');
    expect(await executions.get('free')).not.toHaveProperty('status.phase');
  });

  it.each(settledExecutionPhases)(
    'settles as %s, and then reaches no active phase at all',
    async (settled) => {
      const name = `to-${settled.replace('_', '-')}`;
      await executions.create(makeExecution(name).of('w').build());
      await executions.mergePatch(name, { status: { phase: settled } }, 'status');
      for (const phase of executionPhases.filter((phase) => !isSettledExecutionPhase(phase))) {
        await expect(executions.mergePatch(name, { status: { phase } }, 'status')).rejects.toMatchObject({
          status: { code: 422 },
        });
      }
    },
  );
});
