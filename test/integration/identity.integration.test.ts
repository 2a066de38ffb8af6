import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { workflowAnnotation, workflowLabel } from '../../src/api/names.ts';
import type { KubeStatus } from '../../src/kube/kube-status-error.ts';
import { webhookConfigurationName } from '../../src/api/manifests/webhook-configurations.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { type ExecutionBuilder, makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import type { KubectlResult } from '../cluster/kubectl.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, outcomesOf, refusalOf } from './refusal.ts';

/** Whose slot an execution holds: said once, completed where it is said elsewhere, and never changed. */
let cluster: InstalledCluster;
let client: KubeClient;
let shop: OpenNamespace;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  shop = await openNamespace(client, 'shop');
  await shop.workflow('restart');
  await shop.workflow('other');
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

const labelsOf = async (
  namespace: OpenNamespace,
  name: string,
): Promise<KubernetesExecution['metadata']['labels']> =>
  (await namespace.executions.get<KubernetesExecution>(name)).metadata.labels;

describe('an execution is refused, with the field in causes and a whole sentence for each, when it', () => {
  it.each<[string, ExecutionBuilder, readonly [reason: string, field: string][]]>([
    ['names no workflow', makeExecution('e'), [['WorkflowRequired', 'metadata.labels']]],
    [
      'names one by its label and another by its reference',
      makeExecution('e').of('restart').referringTo('other'),
      [['WorkflowsDisagree', 'metadata.labels[workflow]']],
    ],
    [
      'names one by its controller and another by its label',
      makeExecution('e').ownedBy('restart').of('other'),
      [['WorkflowsDisagree', 'metadata.labels[workflow]']],
    ],
    [
      'names three',
      makeExecution('e').ownedBy('restart').referringTo('other').of('third'),
      [
        ['WorkflowsDisagree', 'spec.workflowExecutionRef.name'],
        ['WorkflowsDisagree', 'metadata.labels[workflow]'],
      ],
    ],
    [
      'names one in another namespace',
      makeExecution('e').referringTo('restart', 'default'),
      [['WorkflowElsewhere', 'spec.workflowExecutionRef.namespace']],
    ],
    [
      'names one that cannot exist',
      makeExecution('e').label(workflowLabel, 'Not_A_Name'),
      [['WorkflowNameInvalid', 'metadata.labels[workflow]']],
    ],
    [
      'names one that does not exist',
      makeExecution('e').of('missing'),
      [['WorkflowMissing', 'spec.workflowExecutionRef.name']],
    ],
    [
      'has an owner that is no controller',
      makeExecution('e').ownedBy('restart', undefined, false),
      [['WorkflowRequired', 'metadata.labels']],
    ],
  ])('%s', async (_, execution, causes) => {
    const refusal = await refusalOf(shop.executions.create(execution.build()));
    expect(refusal).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(refusal.details).toMatchObject({
      group: 'kubernetesexecution.kubernaut.io',
      kind: 'KubernetesExecution',
    });
    expect(refusal.details?.causes?.map(({ reason, field }) => [reason, field])).toEqual(causes);
    for (const { message } of refusal.details?.causes ?? []) expect(message).toMatch(/^[A-Z"].*\.$/);
  });

  it('is applied with no workflow: kubectl prints the cause, and it is enough to know what to do', async () => {
    const { stderr } = await kubectl(['apply', '--server-side'], makeExecution('e').build());
    expect(stderr).toContain('The execution names no workflow: set the label workflow');
  });
});

describe('the label is completed for an execution that names its workflow', () => {
  it.each([
    ['in its spec alone', (name: string) => makeExecution(name).referringTo('completed')],
    [
      'in its spec, beside another label',
      (name: string) => makeExecution(name).referringTo('completed').label('team', 'shop'),
    ],
    ['by its controller alone', (name: string) => makeExecution(name).ownedBy('completed')],
    [
      'in its spec, with an empty label',
      (name: string) => makeExecution(name).referringTo('completed').label(workflowLabel, ''),
    ],
  ])('%s, and it is counted', async (how, make) => {
    const namespace = await openNamespace(client, how.replaceAll(/[^a-z]+/g, '-'));
    await namespace.workflow('completed');
    const creates = Array.from({ length: 8 }, (_, index) =>
      namespace.executions.create(make(`e-${index}`).build()),
    );
    expect((await outcomesOf(creates)).granted).toHaveLength(5);
    for (const name of await namespace.active()) {
      expect(await labelsOf(namespace, name)).toMatchObject({ [workflowLabel]: 'completed' });
    }
  });

  it.each([64, 253])('in the annotation, for a name of %i characters, and it is counted', async (length) => {
    const namespace = await openNamespace(client, `long-${length}`);
    const workflow = await namespace.workflow('w'.repeat(length));
    const creates = Array.from({ length: 8 }, (_, index) =>
      namespace.executions.create<KubernetesExecution>(
        makeExecution(`e-${index}`).referringTo(workflow).build(),
      ),
    );
    const { granted, refused } = await outcomesOf(creates);
    expect(granted.map(({ metadata }) => metadata.annotations?.[workflowAnnotation])).toEqual(
      Array(5).fill(workflow),
    );
    expect(refused.map((status) => causesOf(status)[0])).toEqual(Array(3).fill('ParallelLimitReached'));
  });

  it('in the label, for a name of 63 characters', async () => {
    const workflow = await shop.workflow('w'.repeat(63));
    await shop.executions.create(makeExecution('e-63').referringTo(workflow).build());
    expect(await labelsOf(shop, 'e-63')).toEqual({ [workflowLabel]: workflow });
  });
});

describe('a person who means no harm', () => {
  it.each([
    ['replace', ['replace']],
    ['apply', ['apply']],
    ['apply --server-side', ['apply', '--server-side']],
  ])('may drop the label by kubectl %s, and it comes back', async (how, args) => {
    const name = `dropped-${how.replaceAll(/[^a-z]+/g, '-')}`;
    const workflow = await shop.workflow(name);
    const labelled = makeExecution(name).of(workflow).label('team', 'shop').build();
    const first = how === 'replace' ? ['create'] : args;
    expect(await kubectl(first, labelled)).toMatchObject({ exitCode: 0 });
    const dropped = makeExecution(name).label('team', 'till').build();
    expect(await kubectl(args, dropped)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await labelsOf(shop, name)).toEqual({ team: 'till', [workflowLabel]: workflow });
  });

  it('may remove an owner: an orphan keeps its workflow by its label', async () => {
    await shop.executions.create(makeExecution('orphan').ownedBy('other').build());
    await shop.executions.mergePatch('orphan', { metadata: { ownerReferences: null } });
    expect(await labelsOf(shop, 'orphan')).toEqual({ [workflowLabel]: 'other' });
  });
});

describe('nobody', () => {
  it.each([
    ['move an execution by its label', { metadata: { labels: { [workflowLabel]: 'other' } } }],
    ['move it by its reference', { spec: { workflowExecutionRef: { name: 'other' } } }],
    [
      'add an annotation that says otherwise',
      { metadata: { annotations: { [workflowAnnotation]: 'other' } } },
    ],
  ])('may %s', async (how, patch) => {
    const name = `moved-${how.replaceAll(' ', '-')}`;
    await shop.workflow(name);
    await shop.executions.create(makeExecution(name).referringTo(name).build());
    expect(await refusalOf(shop.executions.mergePatch(name, patch))).toMatchObject({
      code: 422,
      reason: 'Invalid',
    });
    expect(await labelsOf(shop, name)).toEqual({ [workflowLabel]: name });
  });

  it('may take the label away for good: it comes back', async () => {
    await shop.executions.create(makeExecution('taken').of('restart').build());
    await shop.executions.mergePatch('taken', { metadata: { labels: { [workflowLabel]: null } } });
    expect(await labelsOf(shop, 'taken')).toEqual({ [workflowLabel]: 'restart' });
  });
});

// The last one: the webhook that completes labels stays away.
describe('an execution that no watch of metadata could tell whose it is', () => {
  it('is refused, to be tried again; with its label it is admitted', async () => {
    await shop.workflow('unmarked');
    await client.request({
      method: 'DELETE',
      path: `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${webhookConfigurationName}`,
    });
    let refusal: KubeStatus | undefined;
    await eventually('the API server asks the mutating side no more', async () => {
      const create = makeExecution('unmarked-1').referringTo('unmarked').build();
      const { refused } = await outcomesOf([shop.executions.create(create)]);
      [refusal] = refused;
      if (refusal === undefined) await shop.executions.delete('unmarked-1');
      return refusal !== undefined;
    });
    expect(refusal).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    expect(refusal?.details?.causes).toMatchObject([
      { reason: 'WorkflowMarkMissing', field: 'metadata.labels[workflow]' },
    ]);
    await shop.executions.create(makeExecution('unmarked-2').of('unmarked').build());
  });
});

function kubectl(args: readonly string[], input: object): Promise<KubectlResult> {
  const inNamespace = [...args, '--namespace', 'shop', '-f', '-'];
  return cluster.controlPlane.kubectl(inNamespace, { input: JSON.stringify(input) });
}
