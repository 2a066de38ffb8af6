import { afterAll, beforeAll, expect, it } from 'vitest';
import { workflowExecutionKind } from '../../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeWorkflow } from '../../builders/workflow-builder.ts';
import { type ControllerReplica, startControllerReplica } from '../../cluster/controller-replica.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { type KindClient, kindClient } from '../../cluster/kind-client.ts';
import { type UserName, users } from '../../cluster/users.ts';
import { whenAllowed } from '../../cluster/when-allowed.ts';
import {
  type ControlledNamespace,
  openControlledNamespace,
  tallyPlugin,
  unlimitedRate,
} from '../controlled-namespace.ts';

let cluster: InstalledCluster;
let admin: KubeClient;
let developer: KubeClient;
let controller: ControllerReplica;
let namespace: ControlledNamespace;
let workflows: KindClient;

/** A developer with the role that the installation gives editors of one namespace, and a controller that leads. */
beforeAll(async () => {
  cluster = await startInstalledCluster({ replicas: 1, environment: unlimitedRate });
  admin = createKubeClient(cluster.controlPlane.kubeConfig());
  developer = createKubeClient(cluster.controlPlane.kubeConfig('developer'));
  namespace = await openControlledNamespace(admin, 'hostile');
  await bindEditor(admin, 'hostile', 'developer');
  workflows = kindClient(developer, workflowExecutionKind, 'hostile');
  controller = await startControllerReplica(cluster.controlPlane, {
    name: 'controller',
    plugins: [tallyPlugin],
    environment: unlimitedRate,
  });
  await controller.ready();
}, 180_000);
afterAll(async () => {
  for (const client of [admin, developer]) client?.close();
  await controller?.child.kill();
  await cluster?.stop();
});

/** Gives a user, in one namespace, the ClusterRole that the installation has for editors. */
async function bindEditor(client: KubeClient, within: string, user: UserName): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  const roleRef = { apiGroup, kind: 'ClusterRole', name: 'stepgate-editor' };
  const subjects = [{ apiGroup, kind: 'User', name: users[user].name }];
  const body = { metadata: { name: 'editors' }, roleRef, subjects };
  const path = `/apis/${apiGroup}/v1/namespaces/${within}/rolebindings`;
  await client.request({ method: 'POST', path, body });
  const { group, plural: resource } = workflowExecutionKind;
  await whenAllowed(client, users[user], { verb: 'create', group, resource, namespace: within });
}

interface Leases {
  readonly items: readonly { readonly spec: { readonly leaseTransitions: number } }[];
}

/** How often each lease of the installation has passed to another process. */
async function transitions(): Promise<readonly number[]> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kubernaut-system/leases';
  const { items } = await admin.request<Leases>({ method: 'GET', path });
  return items.map(({ spec }) => spec.leaseTransitions);
}

it('a label of 240 KB that looks like the beginning of a token takes no lease from the controller', async () => {
  const note = { action: 'note', parameters: {} };
  await workflows.create(makeWorkflow('before').step(note).build());
  await namespace.over('before');
  const before = await transitions();
  expect(before).not.toHaveLength(0);
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'labelled', labels: { token: 'eyJ-'.repeat(60_000) } },
  };
  const parameters = { manifest };
  await workflows.create(makeWorkflow('labelled').step({ action: 'apply_manifest', parameters }).build());
  const { status } = await namespace.over('labelled');
  expect(status?.stepStatuses).toMatchObject([{ phase: 'failed' }]);
  await workflows.create(makeWorkflow('next').step(note).build());
  expect((await namespace.over('next')).status).toMatchObject({ phase: 'completed' });
  expect(await transitions()).toEqual(before);
  const [labelled] = await namespace.executionsOf('labelled');
  expect(labelled?.status?.message).toContain('Invalid value');
  expect(labelled?.status?.message?.length).toBeLessThan(40_000);
});

it('a workflow of a few KB and 250,000 dependencies is refused at its create', async () => {
  let workflow = makeWorkflow('edges');
  for (let step = 0; step < 500; step += 1) workflow = workflow.step({ name: 'a' });
  for (let step = 0; step < 500; step += 1) workflow = workflow.step({ dependencies: ['a'] });
  await expect(workflows.create(workflow.build())).rejects.toMatchObject({
    status: { code: 422, details: { causes: [{ reason: 'DependenciesTooMany', field: 'spec.steps' }] } },
  });
});
