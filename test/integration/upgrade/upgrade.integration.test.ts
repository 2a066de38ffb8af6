import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { slotJournalKind } from '../../../src/api/names.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { eventually } from '../../cluster/eventually.ts';
import { type InstalledCluster, startInstalledCluster } from '../../cluster/installed-cluster.ts';
import { startWebhookReplica, type WebhookReplica } from '../../cluster/webhook-replica.ts';
import { type Observer, startObserver } from '../../storm/observer.ts';
import { startBusyClients } from '../busy-clients.ts';
import { mostActive } from '../most-active.ts';
import { type OpenNamespace, openNamespace } from '../open-namespace.ts';
import { causesOf, refusalOf } from '../refusal.ts';

/** An upgrade to a release that writes the journal in the next format, one replica after the other. */
const script = join(import.meta.dirname, 'next-format-webhook.ts');
let cluster: InstalledCluster;
let client: KubeClient;
let observer: Observer;
let next: WebhookReplica;

beforeAll(async () => {
  cluster = await startInstalledCluster({ controllerManager: false });
  client = createKubeClient(cluster.controlPlane.kubeConfig());
  observer = await startObserver(client);
});

afterAll(async () => {
  await observer?.stop();
  await next?.child.kill();
  client?.close();
  await cluster?.stop();
});

it(
  'keeps the limit while old and new replicas run side by side, and the old ones never guess',
  { timeout: 150_000 },
  async () => {
    const [first, second] = cluster.replicas;
    if (first === undefined || second === undefined) throw new Error('there are two replicas');
    const namespace = await openNamespace(client, 'upgraded');
    const workflow = await namespace.workflow();
    await using busy = startBusyClients(namespace, workflow);
    await eventually('the old ones admit', async () => busy.admitted > 20);
    expect(await formatOf(namespace)).toBe(1);

    // As a chart does it: the kinds first, then the replicas.
    await serveBothFormats();
    next = await startWebhookReplica(cluster.controlPlane, { name: 'webhook-next', script });
    await next.ready();
    cluster.balancer.use([second.port, next.port]);
    await first.child.kill();
    await eventually('the new one has written', async () => (await formatOf(namespace)) === 2);
    await eventually('an old one is asked', async () => busy.reasons.has('JournalFormatUnknown'));
    const before = busy.admitted;
    await eventually('the new one admits', async () => busy.admitted > before + 20);
    expect(await formatOf(namespace)).toBe(2);

    cluster.balancer.use([next.port]);
    await second.child.kill();
    const alone = busy.admitted;
    await eventually('the new one admits alone', async () => busy.admitted > alone + 20);
    await busy.stop();
    await observer.caughtUp();
    expect(mostActive(observer.events, `${namespace.name}/${workflow}`)).toBe(5);
  },
);

it('answers 503 after a way back that skips the release that reads both, and changes nothing', async () => {
  const namespace = await openNamespace(client, 'back');
  const workflow = await namespace.workflow();
  await namespace.fill(workflow, 1);
  expect(await formatOf(namespace)).toBe(2);
  await next.child.kill();
  await cluster.replace(0);
  const refusal = await refusalOf(namespace.execute(workflow, 'second'));
  expect([refusal.code, ...causesOf(refusal)]).toEqual([503, 'JournalFormatUnknown']);
  expect(await formatOf(namespace)).toBe(2);
  expect(await namespace.active()).toHaveLength(1);
});

/** The definition of the kind as the next release has it. */
async function serveBothFormats(): Promise<void> {
  const name = `${slotJournalKind.plural}.${slotJournalKind.group}`;
  const path = `/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/format`;
  await client.request({
    method: 'PATCH',
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'replace', path, value: { type: 'integer', enum: [1, 2] } }],
  });
}

async function formatOf(namespace: OpenNamespace): Promise<number | undefined> {
  return (await namespace.journal())?.spec.format;
}
