import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExecution } from '../../../test/builders/execution-builder.ts';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import type { KubeStatusError } from '../../kube/kube-status-error.ts';
import type { KubernetesExecution } from '../kubernetes-execution.ts';
import { kubernetesExecutionKind } from '../names.ts';

let controlPlane: ControlPlane;
let client: KubeClient;
let executions: KindClient;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  await installManifests(controlPlane);
  client = createKubeClient(controlPlane.kubeConfig());
  executions = kindClient(client, kubernetesExecutionKind, 'default');
  await executions.create(full.build());
  await executions.create(makeExecution('spare').of('w').build());
});

afterAll(async () => {
  client?.close();
  await controlPlane?.stop();
});

/** Every field but approvalReceived, with another value than `full` has. */
const changes: Readonly<Record<string, unknown>> = {
  workflowExecutionRef: { name: 'v' },
  stepNumber: 2,
  action: 'delete_pod',
  targetCluster: 'west',
  maxRetries: 2,
  timeout: '6m',
  parameters: { replicas: '4', deep: { a: 1 } },
  serviceAccountName: 'cluster-admin',
};

const full = makeExecution('immutable')
  .of('w')
  .referringTo('w')
  .withSpec({
    parameters: { replicas: '3', deep: { a: 1 } },
    targetCluster: 'east',
    maxRetries: 1,
    timeout: '5m',
    serviceAccountName: 'runner',
  });
const { apiVersion, kind, spec } = full.build();
const bare = { apiVersion, kind, metadata: { name: 'immutable' } };

const read = () => executions.get<KubernetesExecution>('immutable');
const replaceSpec = async (spec: unknown) => executions.replace({ ...(await read()), spec });

/** What an attempt comes to: how it was refused, and the spec that is stored afterwards. */
const outcome = async (attempt: Promise<unknown>) => ({
  refusal: await attempt.then(
    () => undefined,
    (error: unknown) => (error as Partial<KubeStatusError>).status,
  ),
  spec: (await read()).spec,
});

/** Refused because of this field, and nothing has changed. */
const kept = (field: string) => ({
  refusal: expect.objectContaining({
    code: 422,
    message: expect.stringContaining(`spec.${field} is immutable`) as string,
  }) as object,
  spec,
});

describe.each(Object.entries(changes))("an execution's spec.%s is kept", (field, value) => {
  it.each<[string, () => Promise<unknown>]>([
    ['merge patch', () => executions.mergePatch('immutable', { spec: { [field]: value } })],
    ['JSON patch', () => executions.jsonPatch('immutable', [{ op: 'add', path: `/spec/${field}`, value }])],
    ['replace', () => replaceSpec({ ...spec, [field]: value })],
    ['server-side apply', () => executions.apply({ ...bare, spec: { ...spec, [field]: value } })],
    [
      'a change of approvalReceived beside it',
      () => executions.mergePatch('immutable', { spec: { [field]: value, approvalReceived: true } }),
    ],
  ])('under %s', async (_, attempt) => {
    expect(await outcome(attempt())).toEqual(kept(field));
  });

  it('under removal', async () => {
    const attempt = executions.mergePatch('immutable', { spec: { [field]: null } });
    await expect(attempt).rejects.toMatchObject({ status: { code: 422 } });
    expect((await read()).spec).toEqual(spec);
  });

  it('where it was left out', async () => {
    const attempt = executions.mergePatch('spare', { spec: { [field]: value } });
    await expect(attempt).rejects.toMatchObject({ status: { code: 422 } });
  });
});

describe("an execution's spec", () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a renamed key', { other: '3', deep: { a: 1 } }],
    ['a key more', { replicas: '3', deep: { a: 1 }, more: 1 }],
    ['a key less', { replicas: '3' }],
    ['another type', { replicas: 3, deep: { a: 1 } }],
    ['null for a value', { replicas: null, deep: { a: 1 } }],
    ['a change deep inside', { replicas: '3', deep: { a: 2 } }],
    ['a key renamed deep inside', { replicas: '3', deep: { b: 1 } }],
    ['nothing left', {}],
  ])('keeps its parameters exactly: not %s', async (_, parameters) => {
    expect(await outcome(replaceSpec({ ...spec, parameters }))).toEqual(kept('parameters'));
    expect(await outcome(replaceSpec({ ...spec, parameters, approvalReceived: true }))).toEqual(
      kept('parameters'),
    );
  });

  it.each<[string, () => Promise<unknown>]>([
    ['merge patch', () => executions.mergePatch('immutable', { spec: null })],
    ['JSON patch', () => executions.jsonPatch('immutable', [{ op: 'remove', path: '/spec' }])],
    ['JSON patch to {}', () => executions.jsonPatch('immutable', [{ op: 'add', path: '/spec', value: {} }])],
    ['replace', () => replaceSpec(undefined)],
    ['replace by {}', () => replaceSpec({})],
  ])('cannot be taken away by %s', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ status: { code: 422 } });
    expect((await read()).spec).toEqual(spec);
  });

  it('is not changed through the status', async () => {
    const patch = { spec: { action: 'delete_pod' }, status: { message: 'Running.' } };
    expect(await executions.mergePatch('immutable', patch, 'status')).toMatchObject({
      spec,
      status: { message: 'Running.' },
    });
  });

  it('lets an approval process of others mark it, and take the mark back', async () => {
    await executions.create(makeExecution('approved').of('w').build());
    for (const approvalReceived of [true, false]) {
      expect(await executions.mergePatch('approved', { spec: { approvalReceived } })).toMatchObject({
        spec: { approvalReceived },
      });
    }
    const cleared = await executions.mergePatch('approved', { spec: { approvalReceived: null } });
    expect(cleared).not.toHaveProperty('spec.approvalReceived');
  });
});
