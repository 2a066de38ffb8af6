import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approvalAnnotations } from '../../src/api/approval-annotations.ts';
import { workflowExecutionKind } from '../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../cluster/installed-cluster.ts';
import { metricOf } from './metric-of.ts';
import { type OpenNamespace, openNamespace } from './open-namespace.ts';
import { causesOf, refusalOf } from './refusal.ts';
import { type ReplicaOverProxies, startReplicaOverProxies } from './replica-over-proxies.ts';

/** A replica that is shown workflows as they were: what was acknowledged since then holds all the same. */
let cluster: InstalledCluster;
let client: KubeClient;
let over: ReplicaOverProxies;
let namespace: OpenNamespace;

const workflows = ['edited', 'rejected', 'remade', 'untouched'];

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1 });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  over = await startReplicaOverProxies(cluster);
  namespace = await openNamespace(client, 'shop');
  for (const name of workflows) {
    await namespace.workflow(name);
    await namespace.execute(name, `${name}-runs`);
  }
  await freezeWatch();
});

afterAll(async () => {
  await over?.close();
  client?.close();
  await cluster?.stop();
});

/** From now on the watch of workflows is connected, has shown all there is, and shows nothing more. */
async function freezeWatch(): Promise<void> {
  const labels = `resource="${workflowExecutionKind.plural}"`;
  const relists = (): Promise<number> => metricOf(over.replica, 'stepgate_watch_relists_total', labels);
  const before = await relists();
  over.requests.intercept(({ path, query }) =>
    path.endsWith(`/${workflowExecutionKind.plural}`) && query.get('watch') === 'true'
      ? { kind: 'silentWatch' }
      : undefined,
  );
  over.connections.resetAll();
  await eventually('the watch has begun anew', async () => (await relists()) > before);
  await over.replica.ready();
}

const twelveSteps = (name: string) => makeWorkflow(name).steps(12).build();

describe('BR-WF-169: by a watch that shows no more', () => {
  it('a workflow that is edited to need approval runs nothing further', async () => {
    await namespace.workflows.mergePatch('edited', { spec: twelveSteps('edited').spec });
    const refusal = await refusalOf(namespace.execute('edited', 'edited-on'));
    expect([refusal.code, causesOf(refusal)]).toEqual([403, ['ApprovalRequired']]);
  });

  it('a workflow that is rejected runs nothing further', async () => {
    const annotations = { [approvalAnnotations.approved]: 'false' };
    await namespace.workflows.mergePatch('rejected', { metadata: { annotations } });
    const refusal = await refusalOf(namespace.execute('rejected', 'rejected-on'));
    expect([refusal.code, causesOf(refusal)]).toEqual([403, ['WorkflowIsOver']]);
  });

  it('a big workflow does not pass for the small one that had its name', async () => {
    await namespace.workflows.delete('remade');
    await namespace.workflows.create(twelveSteps('remade'));
    const refusal = await refusalOf(namespace.execute('remade', 'remade-on'));
    expect([refusal.code, causesOf(refusal)]).toEqual([403, ['ApprovalRequired']]);
  });

  it('others run on', async () => {
    await namespace.execute('untouched', 'untouched-on');
    expect(await namespace.active('untouched')).toEqual(['untouched-on', 'untouched-runs']);
  });
});
