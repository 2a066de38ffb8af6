import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutionBuilder } from '../../../test/builders/execution-builder.ts';
import { makeExecution, makeGeneratedExecution } from '../../../test/builders/execution-builder.ts';
import type { ControlPlane } from '../../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../../test/cluster/control-plane.ts';
import { eventually } from '../../../test/cluster/eventually.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import type { KindClient } from '../../../test/cluster/kind-client.ts';
import { kindClient } from '../../../test/cluster/kind-client.ts';
import type { RecordingWebhook } from '../../../test/cluster/recording-webhook.ts';
import { startRecordingWebhook } from '../../../test/cluster/recording-webhook.ts';
import type { KubeClient } from '../../kube/kube-client.ts';
import { createKubeClient } from '../../kube/kube-client.ts';
import type { KubernetesExecution } from '../kubernetes-execution.ts';
import { kubernetesExecutionKind } from '../names.ts';

const annotation = 'kubernaut.io/workflow';

let controlPlane: ControlPlane;
let webhook: RecordingWebhook;
let client: KubeClient;
let executions: KindClient;
let created = 0;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  webhook = await startRecordingWebhook();
  const { url, caBundle } = webhook;
  await installManifests(controlPlane, { webhooks: { clientConfig: { url }, caBundle } });
  client = createKubeClient(controlPlane.kubeConfig());
  executions = kindClient(client, kubernetesExecutionKind, 'default');
  await eventually('both webhooks are called', async () => {
    await executions.create(makeExecution('probe').build(), { dryRun: 'All' });
    return (
      webhook.calls.some(({ path }) => path.startsWith('/mutate')) &&
      webhook.calls.some(({ path }) => path.startsWith('/validate'))
    );
  });
});

beforeEach(() => {
  webhook.calls.length = 0;
});

afterAll(async () => {
  client?.close();
  await webhook?.stop();
  await controlPlane?.stop();
});

/** A fresh execution; what the API server asked for its sake is forgotten. */
async function create(
  shape: (execution: ExecutionBuilder) => ExecutionBuilder,
): Promise<KubernetesExecution> {
  created += 1;
  const stored = await executions.create<KubernetesExecution>(
    shape(makeExecution(`execution-${created}`)).build(),
  );
  webhook.calls.length = 0;
  return stored;
}

const nameOf = ({ metadata }: KubernetesExecution) => metadata.name ?? '';
const asked = () => webhook.calls.map(({ operation, path }) => `${operation} ${path}`);
const [mutateCreate, mutateUpdate] = ['CREATE', 'UPDATE'].map(
  (verb) => `${verb} /mutate/kubernetesexecutions`,
);
const validateCreate = 'CREATE /validate/kubernetesexecutions';

describe('a create', () => {
  it.each<[string, ExecutionBuilder, readonly unknown[]]>([
    ['with its label is validated alone: one round trip', makeExecution('a').of('w'), [validateCreate]],
    ['with its label and a generated name, too', makeGeneratedExecution('b-').of('w'), [validateCreate]],
    [
      'without labels is completed first',
      makeExecution('c').referringTo('w'),
      [mutateCreate, validateCreate],
    ],
    [
      'with other labels is completed first',
      makeExecution('d').label('a', 'b'),
      [mutateCreate, validateCreate],
    ],
    [
      'with an empty label is completed first',
      makeExecution('e').label('workflow', ''),
      [mutateCreate, validateCreate],
    ],
  ])('%s', async (_, builder, calls) => {
    await executions.create(builder.build());
    expect(asked()).toEqual(calls);
  });

  it('is asked about in a dry run, with its name and that it is one', async () => {
    await executions.create(makeExecution('dry').of('w').build(), { dryRun: 'All' });
    expect(webhook.calls).toMatchObject([{ operation: 'CREATE', name: 'dry', dryRun: true }]);
  });

  it('by server-side apply is a create like any other', async () => {
    await executions.apply(makeExecution('applied').of('w').build());
    expect(asked()).toEqual([validateCreate]);
  });
});

describe('an update', () => {
  it.each<[string, (execution: ExecutionBuilder) => ExecutionBuilder, object]>([
    ['gets a finalizer', (execution) => execution.of('w'), { finalizers: ['stepgate.kubernaut.io/test'] }],
    ['loses its owner', (execution) => execution.of('w').ownedBy('w'), { ownerReferences: null }],
    ['gets a label', (execution) => execution.of('w'), { labels: { a: 'b' } }],
    ['loses another label', (execution) => execution.of('w').label('a', 'b'), { labels: { a: null } }],
    ['had no label', (execution) => execution.referringTo('w'), { annotations: { a: 'b' } }],
    ['gets its label', (execution) => execution.referringTo('w'), { labels: { workflow: 'w' } }],
  ])('of one that %s is not sent', async (_, shape, metadata) => {
    await executions.mergePatch(nameOf(await create(shape)), { metadata });
    expect(asked()).toEqual([]);
  });

  it.each<[string, (execution: ExecutionBuilder) => ExecutionBuilder]>([
    ['label', (execution) => execution.of('w')],
    ['annotation', (execution) => execution.of('w'.repeat(64))],
  ])('that drops the %s is sent, as kubectl replace does', async (_, shape) => {
    const stored = await create(shape);
    const { labels: _labels, annotations: _annotations, ...metadata } = stored.metadata;
    // Nothing restores it here, so the policy refuses the rest.
    await expect(executions.replace({ ...stored, metadata })).rejects.toMatchObject({
      status: { code: 422 },
    });
    expect(asked()).toEqual([mutateUpdate]);
  });

  it('of the status is not sent, nor is a deletion', async () => {
    const name = nameOf(await create((execution) => execution.of('w').annotate(annotation, 'w')));
    await executions.mergePatch(name, { status: { phase: 'completed' } }, 'status');
    await executions.delete(name);
    expect(asked()).toEqual([]);
  });
});

describe('with the webhook down', () => {
  it('finalizers, garbage collection and settling go on, creates do not', async () => {
    const name = nameOf(
      await create((execution) => execution.of('w').finalizer('stepgate.kubernaut.io/test')),
    );
    await webhook.stop();
    await expect(executions.create(makeExecution('late').of('w').build())).rejects.toMatchObject({
      status: { code: 500, message: expect.stringContaining('failed calling webhook') as string },
    });
    await executions.mergePatch(name, { status: { phase: 'failed' } }, 'status');
    await executions.delete(name);
    await executions.mergePatch(name, { metadata: { finalizers: null } });
    await expect(executions.get(name)).rejects.toMatchObject({ status: { code: 404 } });
  });
});
