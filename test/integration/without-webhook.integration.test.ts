import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { workflowLabel } from '../../src/api/names.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { refusalOf } from './refusal.ts';

/** Every replica is dead: nothing new runs, and everything that is there can settle, change and go. */
let cluster: InstalledCluster;
let client: KubeClient;
let shop: OpenNamespace;
/** The garbage collector learns of new kinds every 30 s. */
const collected = 60_000;

beforeAll(async () => {
  cluster = await startInstalledCluster();
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  shop = await openNamespace(client, 'shop');
  for (const workflow of ['restart', 'deleted', 'orphaned']) {
    await shop.workflow(workflow);
    const { metadata } = await shop.workflows.get<WorkflowExecution>(workflow);
    for (let step = 1; step <= 3; step += 1) {
      const execution = makeExecution(`${workflow}-step-${step}`).ownedBy(workflow, metadata.uid);
      await shop.executions.create(execution.finalizer('example.com/clean-up').build());
    }
  }
  await Promise.all(cluster.replicas.map((replica) => replica.child.kill()));
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

async function exists(name: string): Promise<boolean> {
  try {
    await shop.executions.get(name);
    return true;
  } catch (error) {
    if (isKubeStatus(error, 404)) return false;
    throw error;
  }
}

describe('while every replica is dead', () => {
  it('a create is refused by the API server, as a failure that may be retried', async () => {
    const refusal = await refusalOf(shop.execute('restart', 'another'));
    expect(refusal).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(refusal.message).toContain(
      'failed calling webhook "kubernetesexecutions.validate.stepgate.kubernaut.io"',
    );
  });

  it('an execution can report and settle', async () => {
    await shop.settle('restart-step-1', 'executing');
    await shop.settle('restart-step-1', 'completed');
    const { status } = await shop.executions.get<KubernetesExecution>('restart-step-1');
    expect(status?.phase).toBe('completed');
  });

  it('its labels, annotations and finalizers can change, and it goes when it is deleted', async () => {
    await shop.executions.mergePatch('restart-step-2', {
      metadata: { labels: { team: 'shop' }, annotations: { note: 'seen' } },
    });
    await shop.executions.delete('restart-step-2');
    expect(await exists('restart-step-2')).toBe(true);
    await shop.executions.mergePatch('restart-step-2', { metadata: { finalizers: null } });
    expect(await exists('restart-step-2')).toBe(false);
  });

  it('its workflow stays what it is: only an update that drops the label needs the webhook', async () => {
    const moved = { metadata: { labels: { [workflowLabel]: 'deleted' } } };
    expect(await refusalOf(shop.executions.mergePatch('restart-step-3', moved))).toMatchObject({ code: 422 });
    const dropped = { metadata: { labels: { [workflowLabel]: null } } };
    expect(await refusalOf(shop.executions.mergePatch('restart-step-3', dropped))).toMatchObject({
      code: 500,
    });
  });

  it(
    'the garbage collector deletes the executions of a workflow that is gone',
    { timeout: 90_000 },
    async () => {
      await shop.workflows.delete('deleted');
      for (const name of [1, 2, 3].map((step) => `deleted-step-${step}`)) {
        const isDeleting = async (): Promise<boolean> => {
          const { metadata } = await shop.executions.get<KubernetesExecution>(name);
          return metadata.deletionTimestamp !== undefined;
        };
        await eventually(`${name} is deleted`, isDeleting, collected);
        await shop.executions.mergePatch(name, { metadata: { finalizers: null } });
        expect(await exists(name)).toBe(false);
      }
    },
  );

  // After the other one: a collector that does not know executions yet finds no dependents to make orphans of.
  it(
    'the garbage collector makes orphans of them where that was asked for',
    { timeout: 90_000 },
    async () => {
      const args = ['delete', 'workflowexecution', 'orphaned', '--namespace', 'shop', '--cascade=orphan'];
      expect(await cluster.controlPlane.kubectl(args)).toMatchObject({ exitCode: 0 });
      for (const name of [1, 2, 3].map((step) => `orphaned-step-${step}`)) {
        const { metadata } = await shop.executions.get<KubernetesExecution>(name);
        expect(metadata.ownerReferences).toBeUndefined();
        expect(metadata.labels).toEqual({ [workflowLabel]: 'orphaned' });
      }
    },
  );
});
