import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { workflowExecutionKind } from '../../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { type ControllerReplica, startControllerReplica } from '../../cluster/controller-replica.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { type KindClient, kindClient } from '../../cluster/kind-client.ts';
import {
  type ControlledNamespace,
  openControlledNamespace,
  tallyPlugin,
  unlimitedRate,
} from '../controlled-namespace.ts';

let cluster: InstalledCluster;
let client: KubeClient;
let controller: ControllerReplica;
let namespace: ControlledNamespace;
let clientOfController: KubeClient;

const environment = { ...unlimitedRate, COMPLEXITY_APPROVAL_THRESHOLD: '1000' };
const note = { action: 'note', parameters: {} };
/** So long may it take until a changed definition is taken up, and every watch open again. Milliseconds. */
const taken = 90_000;

beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1, environment });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  clientOfController = createKubeClient(cluster.controlPlane.kubeConfig('controller'));
  namespace = await openControlledNamespace(client, 'objects');
  controller = await startControllerReplica(cluster.controlPlane, {
    name: 'controller',
    plugins: [tallyPlugin],
    environment,
  });
  await controller.ready();
}, 180_000);
afterEach(() => {
  // Whatever it was given, it is still the same process.
  if (controller.child.hasExited)
    throw new Error(`the controller has ended:\n${controller.child.lastLogLines()}`);
});
afterAll(async () => {
  client?.close();
  clientOfController?.close();
  await controller?.child.kill();
  await cluster?.stop();
});

it('a step with an action that nobody knows fails and says so, and its siblings are done', async () => {
  await namespace.run(makeWorkflow('unknown').step({ action: 'make_coffee' }).steps(2, note).build());
  const { status } = await namespace.over('unknown');
  expect(status?.stepStatuses?.map(({ phase }) => phase)).toEqual(['failed', 'completed', 'completed']);
  const [coffee] = await namespace.executionsOf('unknown');
  expect(coffee?.status).toMatchObject({ phase: 'failed', message: expect.stringContaining('make_coffee') });
});

it('parameters that do not fit fail their step, with the field in the message', async () => {
  const wrong = { action: 'scale_deployment', parameters: { deployment: 'cart', replicas: 'many' } };
  await namespace.run(makeWorkflow('misfit').step(wrong).step(note).build());
  const { status } = await namespace.over('misfit');
  expect(status?.stepStatuses?.map(({ phase }) => phase)).toEqual(['failed', 'completed']);
  const [misfit] = await namespace.executionsOf('misfit');
  expect(misfit?.status?.message).toContain('replicas');
});

it('a step that takes longer than its time fails, what needs it is skipped, and the others are done', async () => {
  const slow = { action: 'endure', parameters: {}, timeout: '300ms' };
  const steps = makeWorkflow('slow')
    .step(slow)
    .step({ ...note, dependencies: ['1'] })
    .step(note);
  await namespace.run(steps.build());
  const { status } = await namespace.over('slow');
  expect(status?.stepStatuses?.map(({ phase }) => phase)).toEqual(['failed', 'skipped', 'completed']);
  const executions = await namespace.executionsOf('slow');
  expect(executions).toHaveLength(2);
  const message = 'It took longer than 300ms and was stopped.';
  expect(executions.find(({ spec }) => spec.stepNumber === 1)?.status).toMatchObject({
    phase: 'failed',
    message,
  });
});

it('parameters of a megabyte are handed on', async () => {
  const parameters = { text: 'x'.repeat(1_000_000) };
  await namespace.run(makeWorkflow('large').step({ action: 'note', parameters }).build());
  expect((await namespace.over('large')).status?.phase).toBe('completed');
});

it('a workflow with a name of 253 characters is run, under names that the API server takes', async () => {
  const name = `${'long.'.repeat(50)}end`;
  await namespace.run(makeWorkflow(name).steps(7, note).build());
  expect((await namespace.over(name)).status).toMatchObject({ phase: 'completed', activeSteps: 0 });
  const executions = await namespace.executionsOf(name);
  expect(new Set(executions.map(({ metadata }) => metadata.name)).size).toBe(7);
});

it('a thousand steps are worked off, five at a time, each once', async () => {
  await namespace.run(makeWorkflow('thousand').steps(1_000, { action: 'mark', parameters: {} }).build());
  const isOver = async () => {
    const { status } = await namespace.read('thousand');
    expect(status?.activeSteps ?? 0).toBeLessThanOrEqual(5);
    return status?.phase === 'completed';
  };
  await eventually('all of them are done', isOver, 400_000);
  const { status } = await namespace.read('thousand');
  expect(status).toMatchObject({ activeSteps: 0, queuedSteps: 0, message: '1000 of 1000 steps completed' });
  const names = (await namespace.executionsOf('thousand')).map(({ metadata }) => metadata.name ?? '');
  expect(names).toHaveLength(1_000);
  const effects = await namespace.effects();
  expect(names.filter((name) => effects.get(name) !== 1)).toEqual([]);
}, 1_000_000);

it('a workflow that is deleted in the middle of its steps ends, and so do its executions', async () => {
  await namespace.run(makeWorkflow('cut-short').steps(200, note).build());
  const begun = async () => (await namespace.executionsOf('cut-short')).length > 10;
  await eventually('some of it is done', begun, 120_000);
  await namespace.workflows.delete('cut-short');
  const isGone = async () => (await namespace.active('cut-short')).length === 0;
  await eventually('none of its executions is active', isGone, 120_000);
  expect((await namespace.executionsOf('cut-short')).length).toBeLessThan(200);
}, 400_000);

it('a status that somebody has wiped is written again, and nothing is done twice', async () => {
  const name = 'wiped-again';
  // So many that it is not over before its status has said that some of it is done.
  await namespace.run(
    makeWorkflow(name)
      .steps(3, note)
      .steps(47, { ...note, dependencies: ['1'] })
      .build(),
  );
  await eventually('some of it is done', async () => {
    const { status } = await namespace.read(name);
    return status?.stepStatuses?.some(({ phase }) => phase === 'completed') ?? false;
  });
  await workflowsOfController().mergePatch(name, { status: null }, 'status');
  const { status } = await namespace.over(name);
  expect(status).toMatchObject({ phase: 'completed', activeSteps: 0, queuedSteps: 0 });
  expect(status?.stepStatuses).toHaveLength(50);
  const executions = await namespace.executionsOf(name);
  expect(executions.map(({ status }) => status?.attempts)).toEqual(Array.from({ length: 50 }, () => 1));
});

it('objects of a newer version, with phases and fields that nobody here knows, harm nobody', async () => {
  await widen('kubernetesexecutions.kubernetesexecution.kubernaut.io', ['status/properties/phase/enum']);
  await widen('workflowexecutions.workflowexecution.kubernaut.io', [
    'status/properties/phase/enum',
    'status/properties/stepStatuses/items/properties/phase/enum',
  ]);
  const workflow = makeWorkflow('newer').withSpec({ paused: true, strategy: { kind: 'canary' } });
  await createWidened(namespace.workflows, workflow.steps(6, note).build(), 'strategy');
  // Of another controller, of a newer version: it holds a slot, whatever it does.
  const other = makeExecution('newer-by-another')
    .of('newer')
    .withSpec(Object.assign({ action: 'from_the_future' }, { orbit: 3 }));
  await createWidened(namespace.executions, other.step(7).build(), 'orbit');
  const future = { phase: 'suspended', hibernation: { until: 'spring' } };
  // It may have failed already, for want of such an action: settled is for ever.
  await namespace.executions.mergePatch('newer-by-another', { status: future }, 'status').catch(() => {});
  const odd = [{ stepNumber: 1, phase: 'hibernating', rings: [1, 2] }, { stepNumber: 99 }];
  await workflowsOfController().mergePatch(
    'newer',
    { status: { phase: 'dreaming', stepStatuses: odd } },
    'status',
  );
  await namespace.workflows.mergePatch('newer', { spec: { paused: false } });
  const areCompleted = async (): Promise<boolean> => {
    const executions = await namespace.executionsOf('newer').catch(() => []);
    const own = executions.filter(({ metadata }) => metadata.name?.startsWith('newer-step-'));
    return own.length === 6 && own.every(({ status }) => status?.phase === 'completed');
  };
  await eventually('the steps are completed', areCompleted, taken);
  const { status } = await namespace.over('newer', taken);
  expect(status?.stepStatuses?.map(({ phase }) => phase)).toEqual(
    Array.from({ length: 6 }, () => 'completed'),
  );
}, 240_000);

/** Of the account that may say which steps are done. */
function workflowsOfController(): KindClient {
  return kindClient(clientOfController, workflowExecutionKind, namespace.name);
}

/** Makes a CRD as a newer version of it would be: more phases are known, and more fields. */
async function widen(crd: string, enums: readonly string[]): Promise<void> {
  const { controlPlane } = cluster;
  const schema = '/spec/versions/0/schema/openAPIV3Schema/properties';
  const operations = [
    ...enums.map((path) => ({ op: 'remove', path: `${schema}/${path}` })),
    { op: 'add', path: `${schema}/spec/x-kubernetes-preserve-unknown-fields`, value: true },
  ];
  const patch = `--patch=${JSON.stringify(operations)}`;
  const { stderr } = await controlPlane.kubectl([
    'patch',
    'customresourcedefinition',
    crd,
    '--type=json',
    patch,
  ]);
  expect(stderr).toBe('');
}

/** Creates it once the API server keeps the new field; while it takes a definition up, it refuses whatever comes. */
async function createWidened(kind: KindClient, object: object, field: string): Promise<void> {
  const isKept = async (): Promise<boolean> => {
    const { spec } = await kind
      .create<{ readonly spec?: object }>(object, { dryRun: 'All' })
      .catch(() => ({ spec: {} }));
    return spec !== undefined && field in spec;
  };
  await eventually(`${field} is kept`, isKept, taken);
  await kind.create(object);
}
