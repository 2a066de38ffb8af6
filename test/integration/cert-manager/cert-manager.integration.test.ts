import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultInstallation } from '../../../src/api/manifests/installation.ts';
import { webhookConfigurationName } from '../../../src/api/manifests/webhook-configurations.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { resourcePath } from '../../../src/kube/resource-path.ts';
import { webhookConfigurationKinds } from '../../../webhook/installer/webhook-configurations.ts';
import { type CertManager, startCertManager } from '../../cluster/cert-manager.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { eventually } from '../../cluster/eventually.ts';
import { installManifests, installWebhookConfigurations } from '../../cluster/install-manifests.ts';
import { type MountedSecret, mountSecret, type SecretTexts } from '../../cluster/mounted-secret.ts';
import { startTcpBalancer, type TcpBalancer } from '../../cluster/tcp-balancer.ts';
import { startWebhookReplica, type WebhookReplica } from '../../cluster/webhook-replica.ts';
import { type OpenNamespace, openNamespace } from '../open-namespace.ts';
import { causesOf, refusalOf } from '../refusal.ts';
import { authorityName, fingerprintOf, issueCertificates, servingName } from './issued-certificates.ts';
import type { IssuedCertificates } from './issued-certificates.ts';

/** A replica that serves with what cert-manager issues, under webhook configurations that cert-manager completes. */
let controlPlane: ControlPlane;
let client: KubeClient;
let certManager: CertManager;
let balancer: TcpBalancer;
let issued: IssuedCertificates;
let mounted: MountedSecret;
let replica: WebhookReplica;

beforeAll(async () => {
  controlPlane = await startControlPlane({ controllerManager: false });
  client = createKubeClient(controlPlane.kubeConfig());
  await installManifests(controlPlane);
  balancer = await startTcpBalancer();
  certManager = await startCertManager(controlPlane);
  await installWebhookConfigurations(controlPlane, { clientConfig: { url: balancer.url } });
  for (const kind of webhookConfigurationKinds) {
    const annotations = {
      'cert-manager.io/inject-ca-from': `${defaultInstallation.namespace}/${servingName}`,
    };
    const path = resourcePath(kind, { name: webhookConfigurationName });
    const contentType = 'application/merge-patch+json';
    await client.request({ method: 'PATCH', path, contentType, body: { metadata: { annotations } } });
  }
  issued = await issueCertificates(client, defaultInstallation.namespace, '127.0.0.1');
});

afterAll(async () => {
  await replica?.child.kill();
  await certManager?.stop();
  await balancer?.close();
  client?.close();
  await controlPlane?.stop();
});

/** True when each webhook of both configurations trusts the authority. */
async function isTrusted(texts: SecretTexts): Promise<boolean> {
  const authority = texts['ca.crt']?.trim() ?? '';
  const bundles = await Promise.all(
    webhookConfigurationKinds.map(async (kind) => {
      const path = resourcePath(kind, { name: webhookConfigurationName });
      const { webhooks } = await client.request<Configuration>({ method: 'GET', path });
      return webhooks.map(({ clientConfig }) =>
        Buffer.from(clientConfig.caBundle ?? '', 'base64').toString(),
      );
    }),
  );
  return bundles.flat().every((bundle) => bundle.includes(authority));
}

/** The fingerprint of the certificate that a new connection is shown. */
async function servedFingerprint(texts: SecretTexts): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: replica.port, ca: texts['ca.crt'] });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

it('issues the certificate, and makes the API server trust who serves it', { timeout: 240_000 }, async () => {
  let texts: SecretTexts = {};
  const isIssued = async (): Promise<boolean> => {
    texts = (await issued.texts(servingName)) ?? {};
    return texts['ca.crt'] !== undefined;
  };
  await eventually('the certificate is issued', isIssued, 90_000);
  await eventually('its authority is injected', () => isTrusted(texts), 90_000);
  mounted = mountSecret(controlPlane.folder, texts);
  const flags = { 'certificate-folder': mounted.path };
  replica = await startWebhookReplica(controlPlane, { name: 'webhook-0', flags });
  await replica.ready();
  balancer.use([replica.port]);

  const namespace = await openNamespace(client, 'issued');
  const workflow = await namespace.workflow();
  await namespace.fill(workflow);
  const refusal = await refusalOf(namespace.execute(workflow, 'sixth'));
  expect([refusal.code, causesOf(refusal)[0]]).toEqual([429, 'ParallelLimitReached']);
});

it(
  'renews the certificate and its authority under load, and no create fails, however late the Secret is mounted',
  { timeout: 180_000 },
  async () => {
    const namespace = await openNamespace(client, 'renewed');
    await using load = await startCreators(namespace);
    const first = await issued.texts(servingName);
    const served = new Set<string>();

    async function mount(texts: SecretTexts): Promise<void> {
      await load.goesOn();
      mounted.replace(texts);
      await eventually(
        'the new certificate is served',
        async () => (await servedFingerprint(texts)) === fingerprintOf(texts),
      );
      served.add(fingerprintOf(texts));
      await load.goesOn();
    }

    const second = await issued.renew(servingName);
    expect(second['tls.key']).not.toBe(first?.['tls.key']);
    expect(second['ca.crt']).toBe(first?.['ca.crt']);
    await mount(second);

    await issued.renew(authorityName);
    const third = await issued.renew(servingName);
    expect(third['ca.crt']).not.toBe(first?.['ca.crt']);
    // The injector keeps the old authority beside the new one.
    await eventually('the new authority is injected', () => isTrusted(third));
    await mount(third);

    expect(await load.stop()).toEqual([]);
    expect(served.size).toBe(2);
  },
);

/** Creates executions, each of a workflow of its own, until it is stopped; answers what was refused. */
async function startCreators(namespace: OpenNamespace) {
  const failures: unknown[] = [];
  let created = 0;
  let stopped = false;
  const creators = Array.from({ length: 4 }, async (_, creator) => {
    for (let turn = 0; !stopped; turn += 1) {
      try {
        const name = `${creator}-${turn}`;
        await namespace.execute(await namespace.workflow(`workflow-${name}`), `step-${name}`);
        created += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  });
  async function stop(): Promise<unknown[]> {
    stopped = true;
    await Promise.all(creators);
    return failures;
  }
  return {
    async goesOn() {
      const before = created;
      await eventually('creates go on', async () => created > before + 20);
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}
