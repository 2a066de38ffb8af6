import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { createKubeClient } from '../../src/kube/kube-client.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { Verdict } from '../../src/policy/verdict.ts';
import { allowed, deny } from '../../src/policy/verdict.ts';
import { issueClientCertificate } from '../../test/builders/client-certificate.ts';
import type { TestCertificates, WebhookUnderTest } from '../../test/builders/webhook-under-test.ts';
import { issueTestCertificates, startWebhookUnderTest } from '../../test/builders/webhook-under-test.ts';
import type { ControlPlane } from '../../test/cluster/control-plane.ts';
import { startControlPlane } from '../../test/cluster/control-plane.ts';
import { eventually } from '../../test/cluster/eventually.ts';
import type { AdmissionHandler } from '../admission/admission-handler.ts';
import { webhookConfigurationKinds } from '../installer/webhook-configurations.ts';
import type { WebhookServerOptions } from './webhook-server.ts';

const path = '/validate/configmaps';
const causes = [
  { reason: 'ParallelLimitReached', message: 'Five of five slots are taken.', field: 'metadata.name' },
];
let folder: string;
let certificates: TestCertificates;
let cluster: ControlPlane;
let admin: KubeClient;
let namespaces = 0;

beforeAll(async () => {
  certificates = await issueTestCertificates();
  folder = await mkdtemp(join(tmpdir(), 'admission-'));
  cluster = await startControlPlane({
    controllerManager: false,
    apiServerFlags: [`--admission-control-config-file=${await writeAdmissionConfiguration()}`],
  });
  admin = createKubeClient(cluster.kubeConfig());
});

afterAll(async () => {
  admin.close();
  await cluster.stop();
  await rm(folder, { recursive: true });
});

describe('an API server that calls the webhook', () => {
  it('passes a denial on to kubectl and to programs, with code, reason and causes', async () => {
    const { create, namespace, webhook, stop } = await install(async () =>
      deny(429, 'TooManyRequests', 'no slot is free', causes),
    );
    expect(await statusOf(create('x'))).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      message: 'admission webhook "test.stepgate.kubernaut.io" denied the request: no slot is free',
      details: { name: 'x', kind: 'configmaps', causes },
    });
    const { exitCode, stderr } = await cluster.kubectl(['create', 'configmap', 'x', '-n', namespace]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('denied the request: no slot is free');
    // After a Retry-After kubectl would have come again.
    expect(webhook.observations).toHaveLength(2);
    await stop();
  });

  it('has kubectl print the causes of an Invalid', async () => {
    const { namespace, stop } = await install(async () => deny(422, 'Invalid', 'no workflow', causes));
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace } };
    const { stderr } = await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(manifest) });
    expect(stderr).toContain('The ConfigMap "x" is invalid: metadata.name: Five of five slots are taken.');
    await stop();
  });

  it('applies a patch and shows warnings', async () => {
    const { namespace, stop } = await install(
      async () => ({
        decision: 'patch',
        operations: [{ op: 'add', path: '/data', value: { note: 'größer' } }],
        warnings: ['the limit is near\n(4 of 5)', 'x'.repeat(300)],
        auditAnnotations: { limit: 'near' },
      }),
      { mutating: true },
    );
    const { stderr } = await cluster.kubectl(['create', 'configmap', 'x', '-n', namespace]);
    expect(stderr).toContain('Warning: the limit is near (4 of 5)\n');
    expect(stderr).toContain(`Warning: ${'x'.repeat(254)}…\n`);
    const { stdout } = await cluster.kubectl([
      'get',
      'configmap',
      'x',
      '-n',
      namespace,
      '-o',
      'jsonpath={.data}',
    ]);
    expect(JSON.parse(stdout)).toEqual({ note: 'größer' });
    await stop();
  });

  it('has our 503 before its own timeout, and a throw as a 500', async () => {
    const slow = await install(async () => new Promise<Verdict>(() => {}), { timeoutSeconds: 5 });
    expect(await statusOf(slow.create('x'))).toMatchObject({
      code: 503,
      reason: 'ServiceUnavailable',
      details: { causes: [{ reason: 'AdmissionDeadlineExceeded' }] },
    });
    await slow.stop();
    const failing = await install(async () => Promise.reject(new Error('secret')));
    const status = await statusOf(failing.create('x'));
    expect(status).toMatchObject({ code: 500, details: { causes: [{ reason: 'AdmissionHandlerFailed' }] } });
    expect(status?.message).not.toContain('secret');
    await failing.stop();
  });

  it('is told why when it calls a path that is not there', async () => {
    const { create, stop } = await install(async () => allowed, { called: '/validate/elsewhere' });
    const status = await statusOf(create('x'));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(status?.message).toContain('there is nothing at this path');
    await stop();
  });

  it('takes a large object through both of its sides', async () => {
    const { create, webhook, stop } = await install(async () => allowed);
    // A ConfigMap holds 1 MiB at most; as JSON in JSON it is larger.
    await create('large', { data: { text: '"\\'.repeat(500_000) } });
    expect(webhook.observations).toMatchObject([{ decision: 'allow' }]);
    await stop();
  });

  it('loses no call to a drain: until the port is closed, every one is answered', async () => {
    const { create, webhook, stop } = await install(async () => allowed, {
      limits: { drainDelayMilliseconds: 2_000, drainDeadlineMilliseconds: 5_000 },
    });
    let drained = false;
    const errors: string[] = [];
    let created = 0;
    const load = async (worker: number): Promise<void> => {
      for (let count = 0; !drained; count += 1) {
        const status = await statusOf(create(`load-${worker}-${count}`));
        if (status === undefined) created += 1;
        else errors.push(status.message);
      }
    };
    const loads = [1, 2, 3, 4, 5, 6, 7, 8].map(load);
    await eventually('there is load', async () => created > 50);
    await webhook.server.drain();
    drained = true;
    await Promise.all(loads);
    expect(created).toBeGreaterThan(50);
    // What the server has read it has answered, and the answer has arrived.
    expect(webhook.observations).toHaveLength(created);
    // At the very instant of closing, connections that the kernel holds and nobody has taken yet are reset.
    const resets = errors.filter((message) => !message.includes('connection refused'));
    expect(resets.filter((message) => !message.includes('connection reset by peer'))).toEqual([]);
    expect(resets.length).toBeLessThanOrEqual(loads.length);
    await stop();
  });

  it('gets past a client CA, with the certificate it has for us', async () => {
    const clientAuthority = { ca: certificates.authority.cert, names: ['kube-apiserver'] };
    const { create, webhook, stop } = await install(async () => allowed, { clientAuthority });
    await create('x');
    expect(webhook.observations).toMatchObject([{ decision: 'allow' }]);
    await stop();
  });
});

interface InstallOptions extends Partial<WebhookServerOptions> {
  readonly mutating?: boolean;
  readonly timeoutSeconds?: number;
  readonly called?: string;
}

interface Installed {
  readonly namespace: string;
  readonly webhook: WebhookUnderTest;
  /** Creates a ConfigMap in the namespace, through the webhook. */
  readonly create: (name: string, more?: object) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A namespace whose new ConfigMaps are sent to a webhook with this handler. */
async function install(handler: AdmissionHandler, options: InstallOptions = {}): Promise<Installed> {
  const { mutating = false, timeoutSeconds = 10, called = path, ...serverOptions } = options;
  namespaces += 1;
  const namespace = `admission-${namespaces}`;
  let installing = true;
  const webhook = await startWebhookUnderTest(certificates, {
    routes: [{ path, handler: async (...call) => (installing ? allowed : handler(...call)) }],
    ...serverOptions,
  });
  const kind = webhookConfigurationKinds[mutating ? 0 : 1];
  if (kind === undefined) throw new TypeError('there are two kinds');
  const created = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await admin.request({ method: 'POST', path: '/api/v1/namespaces', body: created });
  await admin.request({
    method: 'POST',
    path: resourcePath(kind),
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: kind.kind,
      metadata: { name: namespace },
      webhooks: [
        {
          name: 'test.stepgate.kubernaut.io',
          clientConfig: {
            url: `https://127.0.0.1:${webhook.port}${called}`,
            caBundle: Buffer.from(webhook.ca).toString('base64'),
          },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
          ],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
          timeoutSeconds,
        },
      ],
    },
  });
  const create = async (name: string, more: object = {}): Promise<void> => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more };
    await admin.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body });
  };
  // The API server takes a moment to see its new configuration.
  await eventually('the webhook is called', async () => {
    await create(`probe-${Date.now()}`).catch(() => {});
    return webhook.observations.length > 0;
  });
  installing = false;
  webhook.observations.length = 0;
  return {
    namespace,
    webhook,
    create,
    async stop() {
      await admin.request({ method: 'DELETE', path: resourcePath(kind, { name: namespace }) });
      await webhook.server.drain();
    },
  };
}

async function statusOf(creating: Promise<void>): Promise<KubeStatusError['status'] | undefined> {
  try {
    await creating;
    return undefined;
  } catch (error) {
    if (error instanceof KubeStatusError) return error.status;
    throw error;
  }
}

/** With it the API server shows webhooks a client certificate. Source: "Authenticate apiservers", admission docs. */
async function writeAdmissionConfiguration(): Promise<string> {
  const { cert, key } = issueClientCertificate(certificates.authority, 'kube-apiserver');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
  const kubeConfigFile = join(folder, 'kubeconfig.json');
  await writeFile(
    kubeConfigFile,
    JSON.stringify({ apiVersion: 'v1', kind: 'Config', users: [{ name: '*', user }] }),
  );
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile,
  };
  const file = join(folder, 'admission.json');
  const plugins = ['ValidatingAdmissionWebhook', 'MutatingAdmissionWebhook'].map((name) => ({
    name,
    configuration,
  }));
  await writeFile(
    file,
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins }),
  );
  return file;
}
