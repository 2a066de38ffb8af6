import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kube/clock.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { createKubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import { startWebhookUnderTest } from '../../test/builders/webhook-under-test.ts';
import type { ControlPlane } from '../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../test/cluster/control-plane.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import { webhookConfigurationKinds } from './ca-bundle-keeper.ts';
import { isSignedBy } from './certificate-facts.ts';
import {
  certificateSecretName,
  readCertificates,
  secretKind,
  writeCertificates,
} from './certificate-secret.ts';
import { rotate } from './certificate-set.ts';
import type { RotationPolicy } from './rotation.ts';
import { defaultRotationPolicy } from './rotation.ts';
import type { SelfManagedCertificatesOptions } from './self-managed-certificates.ts';
import { startSelfManagedCertificates } from './self-managed-certificates.ts';
import type { CertificateSource, ServingCertificate } from './serving-certificate.ts';

const names = ['stepgate-webhook.kubernaut-system.svc', '127.0.0.1'];
const webhookNames = ['executions.stepgate.kubernaut.io', 'workflows.stepgate.kubernaut.io'];
let cluster: ControlPlane;
let admin: KubeClient;
let client: KubeClient;
let namespace: string;
let namespaces = 0;
const sources: CertificateSource[] = [];

beforeAll(async () => {
  cluster = await startControlPlane({ controllerManager: false });
  admin = createKubeClient(cluster.kubeConfig());
  client = createKubeClient(cluster.kubeConfig('webhook'));
  await grantWhatTheWebhookNeeds();
});

afterAll(async () => {
  admin.close();
  client.close();
  await cluster.stop();
});

beforeEach(async () => {
  namespaces += 1;
  namespace = `certificates-${namespaces}`;
  await admin.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  });
});

afterEach(async () => {
  await Promise.all(sources.splice(0).map(async (source) => source.stop()));
  for (const kind of webhookConfigurationKinds) {
    await admin.request({ method: 'DELETE', path: resourcePath(kind, { name: namespace }) }).catch(() => {});
  }
});

describe('the Secret', () => {
  it('holds a set of certificates, every part of it', async () => {
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const policy = { ...defaultRotationPolicy, overlap: 0 };
    const created = await rotate({}, 'create', now, names, policy);
    const introduced = await rotate(created, 'introduce-next', now, names, policy);
    const switched = await rotate(introduced, 'switch-to-next', now, names, policy);
    const again = await rotate(switched, 'introduce-next', now, names, policy);
    const at = { namespace, name: certificateSecretName };
    expect(await readCertificates(client, at)).toEqual({ set: {} });
    for (const set of [created, introduced, switched, again, created]) {
      expect(await writeCertificates(client, at, await readCertificates(client, at), set)).toBe(true);
      expect((await readCertificates(client, at)).set).toEqual(set);
    }
  });

  it('lets one of two writers through', async () => {
    const at = { namespace, name: certificateSecretName };
    const set = await rotate({}, 'create', Date.now(), names, defaultRotationPolicy);
    const missing = await readCertificates(client, at);
    const creates = [
      writeCertificates(client, at, missing, set),
      writeCertificates(client, at, missing, set),
    ];
    expect((await Promise.all(creates)).filter((written) => written)).toHaveLength(1);
    const stored = await readCertificates(client, at);
    const renewed = await Promise.all(
      [1, 2].map(async () => rotate(set, 'renew-serving', Date.now(), names, defaultRotationPolicy)),
    );
    const updates = await Promise.all(
      renewed.map(async (next) => writeCertificates(client, at, stored, next)),
    );
    expect(updates.filter((written) => written)).toHaveLength(1);
    expect((await readCertificates(client, at)).set).toEqual(renewed[updates.indexOf(true)]);
    await admin.request({ method: 'DELETE', path: resourcePath(secretKind, at) });
    expect(await writeCertificates(client, at, stored, set)).toBe(false);
  });
});

describe('self-managed certificates', () => {
  it('of replicas that start at once are the same', async () => {
    await installConfigurations();
    const replicas = await Promise.all(Array.from({ length: 4 }, async () => start()));
    const [first, ...others] = replicas.map((replica) => replica.current());
    expect(others).toEqual([first, first, first]);
    expect(isSignedBy(first?.cert ?? '', first?.ca ?? '')).toBe(true);
    expect(await bundles()).toEqual(Array.from({ length: 4 }, () => first?.ca));
  });

  it('are kept over a restart', async () => {
    const before = (await start()).current();
    await sources.pop()?.stop();
    expect((await start()).current()).toEqual(before);
  });

  it('reach a configuration that is installed later', async () => {
    const source = await start();
    expect(await bundles()).toEqual([]);
    await installConfigurations();
    await eventually('every webhook trusts the CA', async () =>
      (await bundles()).every((bundle) => bundle === source.current().ca),
    );
  });

  it('heal a caBundle that somebody has changed, and leave the rest alone', async () => {
    await installConfigurations();
    const source = await start();
    const [kind = expect.fail()] = webhookConfigurationKinds;
    await admin.request({
      method: 'PATCH',
      path: resourcePath(kind, { name: namespace }),
      contentType: 'application/json-patch+json',
      body: [
        { op: 'remove', path: '/webhooks/0/clientConfig/caBundle' },
        { op: 'replace', path: '/webhooks/1/timeoutSeconds', value: 7 },
      ],
    });
    await eventually('the bundle is back', async () =>
      (await bundles()).every((pem) => pem === source.current().ca),
    );
    const { webhooks } = await admin.request<{ webhooks: { timeoutSeconds: number }[] }>({
      method: 'GET',
      path: resourcePath(kind, { name: namespace }),
    });
    expect(webhooks.map((webhook) => webhook.timeoutSeconds)).toEqual([10, 7]);
  });

  it('begin anew when the Secret is deleted, and every replica follows', async () => {
    await installConfigurations();
    const replicas = [await start(), await start()];
    const before = replicas[0]?.current().ca;
    const changes = Promise.all(replicas.map(nextChange));
    await admin.request({
      method: 'DELETE',
      path: resourcePath(secretKind, { namespace, name: certificateSecretName }),
    });
    const [left, right] = await changes;
    expect(left).toEqual(right);
    // Until the other replica has followed, it serves by the old CA.
    expect(left?.ca).toContain(before?.trim());
    expect(left?.ca).not.toBe(before);
    expect(await bundles()).toEqual(Array.from({ length: 4 }, () => left?.ca));
  });

  it('replace a pair that somebody has broken', async () => {
    const source = await start();
    const before = source.current();
    const changed = nextChange(source);
    await admin.request({
      method: 'PATCH',
      path: resourcePath(secretKind, { namespace, name: certificateSecretName }),
      contentType: 'application/merge-patch+json',
      body: { data: { 'tls.key': 'bm8ga2V5' } },
    });
    const after = await changed;
    expect(after.ca).toBe(before.ca);
    expect(after.cert).not.toBe(before.cert);
    expect(isSignedBy(after.cert, after.ca ?? '')).toBe(true);
  });

  it('give up a start when they are told to', async () => {
    const lost = createKubeClient(cluster.kubeConfig('webhook', { url: 'https://127.0.0.1:1' }));
    const reason = new Error('shutting down');
    const controller = new AbortController();
    const logs = keepLogs();
    const starting = start({
      client: lost,
      signal: controller.signal,
      retryMilliseconds: 20,
      logger: {
        ...logs.logger,
        warn: () => controller.abort(reason),
      },
    });
    await expect(starting).rejects.toBe(reason);
    lost.close();
  });

  it('lose no call while CAs come and go, of two replicas under load', async () => {
    // Everything lives for seconds: several serving certificates, and at least two CAs, in two minutes.
    const policy: RotationPolicy = {
      authorityLifetime: 48_000,
      renewAuthorityBefore: 28_000,
      servingLifetime: 20_000,
      renewServingBefore: 12_000,
      overlap: 8_000,
    };
    const servedBy = new Set<string>();
    const bundlesSeen = new Set<string>();
    const replicas = await Promise.all([0, 1].map(async () => start({ policy, pollMilliseconds: 300 })));
    const webhooks = await Promise.all(
      replicas.map(async (source) => {
        const webhook = await startWebhookUnderTest(
          { authority: { cert: '', key: '' }, serving: source.current() },
          { routes: [{ path: '/validate', handler: async () => ({ decision: 'allow' }) }] },
        );
        source.onChange((certificate) => {
          webhook.server.useCertificate(certificate);
          servedBy.add(new X509Certificate(certificate.cert).issuer);
          bundlesSeen.add(certificate.ca ?? '');
        });
        return webhook;
      }),
    );
    // Every create calls both replicas.
    await installConfigurations(webhooks.map(({ port }) => `https://127.0.0.1:${port}/validate`));
    await eventually('calls get through', async () =>
      createOne('first').then(
        () => true,
        () => false,
      ),
    );

    let created = 0;
    const errors: unknown[] = [];
    const latest = Date.now() + 240_000;
    const isEnough = (): boolean => servedBy.size >= 3 && bundlesSeen.size >= 6 && created > 500;
    const load = async (worker: number): Promise<void> => {
      while (!isEnough() && Date.now() < latest) {
        await createOne(`load-${worker}-${created}`).catch((error: unknown) => errors.push(error));
        created += 1;
      }
    };
    await Promise.all([load(1), load(2), load(3), load(4)]);
    expect(errors).toEqual([]);
    expect(servedBy.size).toBeGreaterThanOrEqual(3);
    expect(bundlesSeen.size).toBeGreaterThanOrEqual(6);
    expect(created).toBeGreaterThan(500);
    for (const { observations } of webhooks) expect(observations.length).toBeGreaterThanOrEqual(created);
    await Promise.all(webhooks.map(async ({ server }) => server.drain()));
  }, 360_000);
});

async function start(options: Partial<SelfManagedCertificatesOptions> = {}): Promise<CertificateSource> {
  const source = await startSelfManagedCertificates({
    client,
    namespace,
    configurationName: namespace,
    names,
    clock: systemClock,
    today: Date.now,
    logger: keepLogs().logger,
    ...options,
  });
  sources.push(source);
  return source;
}

async function nextChange({ onChange }: CertificateSource): Promise<ServingCertificate> {
  return new Promise((resolve) => {
    onChange(resolve);
  });
}

/** Both configurations, as the chart has them: two webhooks each, for ConfigMaps of our namespace. */
async function installConfigurations(urls: readonly string[] = []): Promise<void> {
  for (const { kind, group, version, plural } of webhookConfigurationKinds) {
    const mutating = kind.startsWith('Mutating');
    await admin.request({
      method: 'POST',
      path: resourcePath({ group, version, plural }),
      body: {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name: namespace },
        webhooks: webhookNames.map((name, index) => ({
          name,
          clientConfig: { url: urls[index] ?? 'https://127.0.0.1:1/' },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
          ],
          namespaceSelector: {
            matchLabels: { 'kubernetes.io/metadata.name': mutating ? 'nowhere' : namespace },
          },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
          timeoutSeconds: 10,
        })),
      },
    });
  }
}

/** The PEM of every webhook's caBundle, of both configurations. */
async function bundles(): Promise<string[]> {
  const found: string[] = [];
  for (const kind of webhookConfigurationKinds) {
    const { items } = await admin.request<{
      items: { metadata: { name: string }; webhooks: { clientConfig: { caBundle?: string } }[] }[];
    }>({ method: 'GET', path: resourcePath(kind) });
    for (const { clientConfig } of items.find((item) => item.metadata.name === namespace)?.webhooks ?? []) {
      found.push(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());
    }
  }
  return found;
}

async function createOne(name: string): Promise<void> {
  await admin.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
  });
}

/** What the chart's roles give: the test would show a right that they lack. */
async function grantWhatTheWebhookNeeds(): Promise<void> {
  const rules = [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'get', 'update', 'list', 'watch'] },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: webhookConfigurationKinds.map((kind) => kind.plural),
      verbs: ['get', 'patch', 'list', 'watch'],
    },
  ];
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'webhook-certificates' } };
  const path = '/apis/rbac.authorization.k8s.io/v1';
  await admin.request({
    method: 'POST',
    path: `${path}/clusterroles`,
    body: { ...rbac, kind: 'ClusterRole', rules },
  });
  await admin.request({
    method: 'POST',
    path: `${path}/clusterrolebindings`,
    body: {
      ...rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'webhook-certificates' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'kubernaut-system', name: 'stepgate-webhook' }],
    },
  });
}
