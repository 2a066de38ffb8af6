import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { kubernetesExecutionKind, workflowAnnotation, workflowLabel } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { refusalOf } from './refusal.ts';

/** BR-WF-168 for executions that were there before stepgate, and that no webhook has ever seen. */
const longName = `${'a-long-name-'.repeat(7)}end`;
const counts = Array.from({ length: 8 }, (_, index) => index + 1);
let cluster: InstalledCluster;
let client: KubeClient;
let shop: OpenNamespace;

beforeAll(async () => {
  cluster = await startInstalledCluster({
    controllerManager: false,
    async before(controlPlane) {
      client = createKubeClient(controlPlane.kubeConfig());
      shop = await openNamespace(client, 'shop');
      for (const workflow of ['restart', 'owner', longName]) await shop.workflow(workflow);
      const executions = counts.flatMap((count) => [
        makeExecution(`restart-${count}`).referringTo('restart'),
        makeExecution(`owner-${count}`).ownedBy('owner'),
        makeExecution(`long-${count}`).referringTo(longName),
      ]);
      await Promise.all(executions.map((execution) => shop.executions.create(execution.build())));
      await shop.workflow('guarded');
      for (const count of counts)
        await shop.executions.create(makeExecution(`guarded-${count}`).referringTo('guarded').build());
      await refuseUpdates('guarded-');
      for (const name of ['settled-1', 'settled-2']) {
        await shop.executions.create(makeExecution(name).referringTo('restart').build());
        await shop.settle(name);
      }
    },
  });
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

/** Another policy of the cluster refuses every update of these executions but of their status. */
async function refuseUpdates(prefix: string): Promise<void> {
  const version = 'admissionregistration.k8s.io/v1';
  const metadata = { name: 'hands-off' };
  const path = '/apis/admissionregistration.k8s.io/v1';
  await client.request({
    method: 'POST',
    path: `${path}/validatingadmissionpolicies`,
    body: {
      apiVersion: version,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [kubernetesExecutionKind.group],
              apiVersions: ['*'],
              operations: ['UPDATE'],
              resources: [kubernetesExecutionKind.plural],
            },
          ],
        },
        validations: [{ expression: `!object.metadata.name.startsWith('${prefix}')`, message: 'hands off' }],
      },
    },
  });
  await client.request({
    method: 'POST',
    path: `${path}/validatingadmissionpolicybindings`,
    body: {
      apiVersion: version,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  });
  await eventually('the policy is in use', async () => {
    const touched = { metadata: { annotations: { touched: String(performance.now()) } } };
    return shop.executions.mergePatch(`${prefix}1`, touched).then(
      () => false,
      (error: unknown) => isKubeStatus(error, 422),
    );
  });
}

const metadataOf = async (name: string): Promise<KubernetesExecution['metadata']> =>
  (await shop.executions.get<KubernetesExecution>(name)).metadata;

describe('BR-WF-168: eight active executions from before the installation', () => {
  it('that name their workflow in their spec alone have the label before a replica is ready', async () => {
    for (const count of counts) {
      expect((await metadataOf(`restart-${count}`)).labels).toEqual({ [workflowLabel]: 'restart' });
    }
  });

  it('that name it by an owner alone have it too, and are still counted without that owner', async () => {
    for (const count of counts) {
      expect((await metadataOf(`owner-${count}`)).labels).toEqual({ [workflowLabel]: 'owner' });
      await shop.executions.mergePatch(`owner-${count}`, { metadata: { ownerReferences: null } });
    }
    const refusal = await refusalOf(shop.execute('owner', 'owner-9'));
    expect(refusal.message).toContain('Workflow "owner" may have 5 active executions');
  });

  it('whose workflow has too long a name for a label have the annotation', async () => {
    for (const count of counts) {
      expect((await metadataOf(`long-${count}`)).annotations).toEqual({ [workflowAnnotation]: longName });
    }
  });

  it('that nobody may label are counted all the same, and keep no replica from being ready', async () => {
    expect((await metadataOf('guarded-2')).labels).toBeUndefined();
    expect(await refusalOf(shop.execute('guarded', 'guarded-9'))).toMatchObject({ code: 429 });
    for (const count of [1, 2, 3]) await shop.settle(`guarded-${count}`);
    expect(await refusalOf(shop.execute('guarded', 'guarded-9'))).toMatchObject({ code: 429 });
    await shop.settle('guarded-4');
    await shop.executeWhenFree('guarded', 'guarded-9');
    expect(await refusalOf(shop.execute('guarded', 'guarded-10'))).toMatchObject({ code: 429 });
  });

  it('that have settled are left as they are', async () => {
    expect((await metadataOf('settled-1')).labels).toBeUndefined();
  });

  it.each(['restart', 'owner', longName])(
    'of workflow %s are counted: three must settle, and one more',
    async (workflow) => {
      const prefix = workflow === longName ? 'long' : workflow;
      expect(await refusalOf(shop.execute(workflow, `${prefix}-9`))).toMatchObject({ code: 429 });
      for (const count of [1, 2, 3]) await shop.settle(`${prefix}-${count}`);
      expect(await refusalOf(shop.execute(workflow, `${prefix}-9`))).toMatchObject({ code: 429 });
      await shop.settle(`${prefix}-4`);
      await shop.executeWhenFree(workflow, `${prefix}-9`);
      expect(await refusalOf(shop.execute(workflow, `${prefix}-10`))).toMatchObject({ code: 429 });
    },
  );
});
