import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { openNamespace } from '../open-namespace.ts';
import { refusalOf } from '../refusal.ts';

/** `stepgate webhook --builtin-actions`. */
let cluster: InstalledCluster;
let client: KubeClient;

beforeAll(async () => {
  const flags = { 'builtin-actions': true } as const;
  cluster = await startInstalledCluster({ controllerManager: false, replicas: 1, flags });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

it('the parameters of the actions that stepgate brings are checked before an execution exists', async () => {
  const shop = await openNamespace(client, 'shop');
  const workflow = await shop.workflow();
  const scale = (parameters: Record<string, unknown>) =>
    makeExecution('scale').of(workflow).withSpec({ action: 'scale_deployment', parameters }).build();
  const refusal = await refusalOf(shop.executions.create(scale({ deployment: 'web', replicas: 'many' })));
  expect([refusal.code, refusal.details?.causes?.map(({ reason, field }) => [reason, field])]).toEqual([
    422,
    [['ParametersInvalid', 'spec.parameters.replicas']],
  ]);
  await shop.executions.create(scale({ deployment: 'web', replicas: '3' }));
});
