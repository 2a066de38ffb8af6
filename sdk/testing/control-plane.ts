import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { customResourceDefinitions } from '../../src/api/manifests/custom-resource-definitions.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { createAuthority } from './certificates.ts';
import { freePort } from './free-port.ts';
import { type OwnedProcess, startOwnedProcess } from './owned-process.ts';

/** A real API server of one's own: etcd and kube-apiserver, with the kinds of stepgate. No nodes, no controllers. */
export interface TestControlPlane {
  /** For its administrator. */
  readonly kubeConfig: KubeConfig;
  /** The same, as a client. */
  readonly client: KubeClient;
  /** Ends it, and removes what it wrote. */
  stop(): Promise<void>;
}

/** Where its programs are. */
export interface TestControlPlaneOptions {
  /** A folder with `etcd` and `kube-apiserver`, such as `setup-envtest use -p path` prints: KUBEBUILDER_ASSETS. */
  readonly assets: string;
}

/** The control plane did not start; the message has its last words. */
export class ControlPlaneError extends Error {
  readonly code = 'ControlPlane';

  constructor(message: string) {
    super(message);
    this.name = 'ControlPlaneError';
  }
}

const startMilliseconds = 120_000;
const pollMilliseconds = 50;

/**
 * Starts one in seconds, on 127.0.0.1. It ends with this process at the latest. Admission by stepgate is not part of
 * it: what is tested is what an action does to a cluster, and what its Role lets it do.
 *
 * @throws ControlPlaneError when a program ends early or is not ready in time
 * @example
 * const controlPlane = await startControlPlane({ assets: process.env.KUBEBUILDER_ASSETS });
 */
export async function startControlPlane({ assets }: TestControlPlaneOptions): Promise<TestControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-testing-'));
  const running: OwnedProcess[] = [];
  let client: KubeClient | undefined;
  const stop = async (): Promise<void> => {
    client?.close();
    await Promise.all(running.map((program) => program.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const etcdUrl = await startEtcd(assets, folder, running);
    const kubeConfig = await startApiServer(assets, folder, etcdUrl, running);
    const admin = (client = createKubeClient(kubeConfig, { component: 'testing' }));
    await ready('kube-apiserver', running[1], () => isThere(admin, '/api/v1/namespaces/default'));
    await installKinds(admin);
    return { kubeConfig, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEtcd(assets: string, folder: string, running: OwnedProcess[]): Promise<string> {
  const [url, peerUrl] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const etcd = startOwnedProcess(
    join(assets, 'etcd'),
    [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
    ],
    join(folder, 'etcd.log'),
  );
  running.push(etcd);
  await ready('etcd', etcd, async () => (await fetch(`${url}/health`)).ok);
  return url;
}

async function startApiServer(
  assets: string,
  folder: string,
  etcdUrl: string,
  running: OwnedProcess[],
): Promise<KubeConfig> {
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const port = await freePort();
  const token = randomBytes(24).toString('hex');
  const authority = createAuthority('stepgate-testing');
  const serving = authority.issue('kube-apiserver', ['localhost'], ['127.0.0.1']);
  const signing = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const apiServer = startOwnedProcess(
    join(assets, 'kube-apiserver'),
    [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--tls-cert-file=${write('api-server.crt', serving.certificatePem)}`,
      `--tls-private-key-file=${write('api-server.key', serving.keyPem)}`,
      `--cert-dir=${folder}`,
      `--token-auth-file=${write('tokens.csv', `${token},admin,admin,"system:masters"\n`)}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${write('service-account.pub', signing.publicKey)}`,
      `--service-account-signing-key-file=${write('service-account.key', signing.privateKey)}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--endpoint-reconciler-type=none',
    ],
    join(folder, 'kube-apiserver.log'),
  );
  running.push(apiServer);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [
      {
        name: 'testing',
        server: `https://127.0.0.1:${port}`,
        caData: Buffer.from(authority.certificatePem).toString('base64'),
        skipTLSVerify: false,
      },
    ],
    users: [{ name: 'admin', token }],
    contexts: [{ name: 'testing', cluster: 'testing', user: 'admin' }],
    currentContext: 'testing',
  });
  return kubeConfig;
}

async function isThere(client: KubeClient, path: string): Promise<boolean> {
  await client.request({ method: 'GET', path });
  return true;
}

/** Creates the CRDs; resolves when their kinds are served. */
async function installKinds(client: KubeClient): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const body of customResourceDefinitions()) {
    await client.request({ method: 'POST', path, body });
    const { group, names } = body['spec'] as { group: string; names: { plural: string } };
    await ready(names.plural, undefined, () => isThere(client, `/apis/${group}/v1alpha1/${names.plural}`));
  }
}

async function ready(
  what: string,
  program: OwnedProcess | undefined,
  probe: () => Promise<boolean>,
): Promise<void> {
  const deadline = systemClock.now() + startMilliseconds;
  while (!(await probe().catch(() => false))) {
    if (program?.hasExited === true)
      throw new ControlPlaneError(`${what} ended early:\n${program.lastWords()}`);
    if (systemClock.now() > deadline) {
      throw new ControlPlaneError(`${what} was not ready in time:\n${program?.lastWords() ?? ''}`);
    }
    await systemClock.sleep(pollMilliseconds);
  }
}
