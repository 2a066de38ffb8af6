import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { type Authority, createAuthority, type IssuedCertificate } from '../cluster/certificates.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../cluster/eventually.ts';
import { installManifests, installWebhookConfigurations } from '../cluster/install-manifests.ts';
import { startTcpBalancer, type TcpBalancer } from '../cluster/tcp-balancer.ts';
import { startWebhookReplica, type WebhookReplica } from '../cluster/webhook-replica.ts';
import { type CertificateFolder, createCertificateFolder } from './certificate-folder.ts';
import { openNamespace } from './open-namespace.ts';
import { outcomesOf } from './refusal.ts';

/** Two replicas that serve with certificates of others, from a folder of each as kubelet mounts a Secret. */
let controlPlane: ControlPlane;
let client: KubeClient;
let balancer: TcpBalancer;
let authority: Authority;
const folders: CertificateFolder[] = [];
const replicas: WebhookReplica[] = [];

const issue = (): IssuedCertificate => authority.issue('webhook', [], ['127.0.0.1']);

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  client = createKubeClient(controlPlane.kubeConfig());
  await installManifests(controlPlane);
  balancer = await startTcpBalancer();
  authority = createAuthority('the authority of others');
  for (const name of ['webhook-0', 'webhook-1']) {
    const folder = createCertificateFolder(controlPlane.folder, issue());
    folders.push(folder);
    const flags = { 'certificate-folder': folder.path };
    const environment = { MAX_PARALLEL_STEPS: '10000' };
    replicas.push(await startWebhookReplica(controlPlane, { name, environment, flags }));
  }
  await Promise.all(replicas.map((replica) => replica.ready()));
  balancer.use(replicas.map(({ port }) => port));
  const caBundle = Buffer.from(authority.certificatePem).toString('base64');
  await installWebhookConfigurations(controlPlane, { clientConfig: { url: balancer.url }, caBundle });
});

afterAll(async () => {
  await Promise.all(replicas.map(({ child }) => child.kill()));
  await balancer?.close();
  client?.close();
  await controlPlane?.stop();
});

/** The fingerprint of the certificate that a new connection is shown. */
async function served({ port }: WebhookReplica): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.certificatePem });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

it(
  'serves each new certificate as soon as it is mounted, and no create fails meanwhile',
  { timeout: 90_000 },
  async () => {
    const namespace = await openNamespace(client, 'rotated');
    const workflow = await namespace.workflow();
    await eventually('the API server asks the webhook', async () => {
      const probe = makeExecution('probe').of('missing').build();
      const { refused } = await outcomesOf([namespace.executions.create(probe, { dryRun: 'All' })]);
      return refused[0]?.code === 422;
    });
    let rotating = true;
    const failures: unknown[] = [];
    let created = 0;
    const creators = Array.from({ length: 16 }, async (_, creator) => {
      for (let turn = 0; rotating; turn += 1) {
        try {
          await namespace.execute(workflow, `step-${creator}-${turn}`);
          created += 1;
        } catch (error) {
          failures.push(error);
        }
      }
    });
    const shown = new Set<string>();
    for (let rotation = 0; rotation < 5; rotation += 1) {
      const certificate = issue();
      const { fingerprint256 } = new X509Certificate(certificate.certificatePem);
      for (const folder of folders) folder.replace(certificate);
      for (const replica of replicas) {
        await eventually(
          'the new certificate is served',
          async () => (await served(replica)) === fingerprint256,
        );
      }
      shown.add(fingerprint256);
      const before = created;
      await eventually('creates go on', async () => created > before + 50);
    }
    rotating = false;
    await Promise.all(creators);
    expect(failures).toEqual([]);
    expect(shown.size).toBe(5);
    const { items } = await namespace.executions.list<{ items: readonly KubernetesExecution[] }>();
    expect(items).toHaveLength(created);
  },
);

it('goes on with the certificate it has when what is mounted cannot be used', async () => {
  const namespace = await openNamespace(client, 'unusable');
  const workflow = await namespace.workflow();
  const before = await Promise.all(replicas.map(served));
  const { certificatePem } = issue();
  for (const folder of folders) folder.replace({ certificatePem, keyPem: issue().keyPem });
  await eventually('both say so', async () =>
    replicas.every(({ child }) => child.lastLogLines().includes('the old one stays in use')),
  );
  expect(await Promise.all(replicas.map(served))).toEqual(before);
  await namespace.fill(workflow, 20);
});
