import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statusOf } from './api-server-request.ts';
import type { Command } from './binaries.ts';
import { createAuthority } from './certificates.ts';
import { type Child, startChild } from './child-process.ts';
import { freePort } from './free-port.ts';
import { type Place, thisMachine } from './place.ts';
import { retryOnPortCollision } from './retry-on-port-collision.ts';
import { tokenFile, type UserName } from './users.ts';
import { waitForReady } from './wait-for-ready.ts';

const startTimeoutMilliseconds = 120_000;

export interface ApiServerOptions {
  readonly command: Command;
  /** Certificates, keys and logs are written here. */
  readonly folder: string;
  readonly etcdUrl: string;
  readonly tokens: Readonly<Record<UserName, string>>;
  /** More flags; a flag given here wins over ours. */
  readonly flags: readonly string[];
  /** Default: this machine as it is. */
  readonly place?: Place;
  /** More IP addresses that its certificate is good for. */
  readonly addresses?: readonly string[];
  /** More lines of its file of tokens. */
  readonly moreTokens?: string;
}

export interface ApiServer {
  readonly url: string;
  readonly authorityPem: string;
  readonly child: Child;
  /** Starts it again on the same port, after its child was killed; ready when settled. */
  restarted(): Promise<ApiServer>;
}

export function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const authorityPem = writeCredentials(options);
  const { place = thisMachine } = options;
  const command = place.inside(options.command);
  return retryOnPortCollision(async () => {
    const port = await freePort();
    await place.open(port);
    return startOn(port, authorityPem, { ...options, command });
  });
}

async function startOn(port: number, authorityPem: string, options: ApiServerOptions): Promise<ApiServer> {
  const { command, folder, tokens } = options;
  const url = `https://127.0.0.1:${port}`;
  const child = startChild({
    name: 'kube-apiserver',
    command,
    args: [...flags(port, options), ...options.flags],
    logFile: join(folder, 'kube-apiserver.log'),
  });
  const answers = async (path: string) => (await statusOf(url + path, authorityPem, tokens.admin)) === 200;
  // The namespace `default` is created by a hook that /readyz does not wait for.
  const isReady = async () => (await answers('/readyz')) && (await answers('/api/v1/namespaces/default'));
  try {
    await waitForReady(child, isReady, startTimeoutMilliseconds);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return { url, authorityPem, child, restarted: () => startOn(port, authorityPem, options) };
}

function flags(port: number, { folder, etcdUrl }: ApiServerOptions): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${join(folder, 'api-server.crt')}`,
    `--tls-private-key-file=${join(folder, 'api-server.key')}`,
    `--cert-dir=${folder}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${join(folder, 'service-account.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'service-account.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // A loopback address is no valid endpoint of the service `kubernetes`, which nobody here uses.
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
  ];
}

/** Writes what the flags name; answers the certificate of the authority that signed the serving one. */
function writeCredentials({ folder, tokens, addresses = [], moreTokens = '' }: ApiServerOptions): string {
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text, { mode: 0o600 });
  const authority = createAuthority('stepgate-test-authority');
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const serving = authority.issue('kube-apiserver', names, ['127.0.0.1', '10.0.0.1', ...addresses]);
  write('authority.crt', authority.certificatePem);
  write('api-server.crt', serving.certificatePem);
  write('api-server.key', serving.keyPem);
  write('tokens.csv', tokenFile(tokens) + moreTokens);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  write('service-account.pub', publicKey);
  write('service-account.key', privateKey);
  return authority.certificatePem;
}
