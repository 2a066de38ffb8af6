import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterAccess } from './cluster-access.ts';
import { createCredentialsCache } from './kube-credentials.ts';
import { loadClusterAccess } from './load-cluster-access.ts';
import { createManualClock } from './manual-clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepgate-kubeconfig-'));
  for (const name of ['ca.crt', 'client.crt', 'client.key'])
    writeFileSync(join(folder, name), `this is ${name}`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function kubeconfig(user: string, cluster = 'server: https://cluster.example:6443/'): string {
  return `apiVersion: v1
kind: Config
current-context: here
contexts:
  - { name: elsewhere, context: { cluster: other, user: other } }
  - { name: here, context: { cluster: one, user: me, namespace: default } }
clusters:
  - { name: other, cluster: { server: 'https://other.example' } }
  - { name: one, cluster: { ${cluster} } }
users:
  - { name: other, user: { token: others-token } }
  - { name: me, user: { ${user} } }
`;
}

const credentialsOf = (access: ClusterAccess) =>
  createCredentialsCache(access, createManualClock(), 1_000).refresh();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const load = (file?: string, environment = {}, serviceAccountFolder = join(folder, 'none')) =>
  loadClusterAccess({ file, environment, serviceAccountFolder });

describe('a kubeconfig file', () => {
  it.each([
    ['a token', 'token: my-token', undefined],
    [
      'a certificate',
      `client-certificate-data: ${base64('cert')}, client-key-data: ${base64('key')}`,
      undefined,
    ],
    ['a certificate in files', 'client-certificate: client.crt, client-key: client.key', undefined],
    ['a password', 'username: me, password: secret', undefined],
    ['another user to be', 'token: my-token, as: somebody', undefined],
    ['no user at all', '', undefined],
    ['an authority', 'token: t', `server: 'https://c', certificate-authority-data: ${base64('ca')}`],
    ['an authority in a file', 'token: t', "server: 'https://c', certificate-authority: ca.crt"],
    ['no verification', 'token: t', "server: 'https://c', insecure-skip-tls-verify: true"],
    ['another server name', 'token: t', "server: 'https://c', tls-server-name: kubernetes"],
  ])('with %s means what client-node reads in it', async (_, user, cluster) => {
    const file = write('config', kubeconfig(user, cluster));
    const known = new KubeConfig();
    known.loadFromFile(file);
    const access = await load(file);
    expect(access).not.toBeInstanceOf(KubeConfig);
    expect(await credentialsOf(access)).toEqual(await credentialsOf(known));
    expect(access.getCurrentCluster()?.server).toBe(known.getCurrentCluster()?.server);
  });

  it('whose token is in a file is read again each time, as kubelet renews it', async () => {
    const token = write('token', 'first\n');
    const access = await load(write('config', kubeconfig('tokenFile: token')));
    expect((await credentialsOf(access)).headers).toEqual({ Authorization: 'Bearer first' });
    writeFileSync(token, 'second\n');
    expect((await credentialsOf(access)).headers).toEqual({ Authorization: 'Bearer second' });
  });

  it('with a plugin or a proxy is read by client-node', async () => {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
    const plugin = write(
      'plugin',
      `#!/bin/sh\necho '${JSON.stringify({ ...credential, status: { token: 'made' } })}'\n`,
    );
    chmodSync(plugin, 0o755);
    const exec = `exec: { apiVersion: ${credential.apiVersion}, command: ${plugin} }`;
    const access = await load(write('exec', kubeconfig(exec)));
    expect((await credentialsOf(access)).headers).toEqual({ Authorization: 'Bearer made' });
    const proxied = "server: 'https://c', proxy-url: 'http://127.0.0.1:1'";
    const behind = await load(write('proxied', kubeconfig('token: t', proxied)));
    expect((await credentialsOf(behind)).proxyAgent).toBeDefined();
  });

  it.each([
    ['that is not there', undefined, /Cannot read the kubeconfig .*ENOENT/],
    ['that is no YAML', 'a: [', /Cannot read the kubeconfig/],
    ['that is something else', 'just words', /config: .*expected object/],
    ['without a current context', 'contexts: []', /names no cluster/],
    ['whose cluster has no server', kubeconfig('token: t', ''), /server/],
  ])('%s is an error that names it', async (_, text, message) => {
    const file = join(folder, 'config');
    if (text !== undefined) write('config', text);
    await expect(load(file)).rejects.toMatchObject({ code: 'KubeConnection', reason: 'credentials' });
    await expect(load(file)).rejects.toThrow(message);
    await expect(load(file)).rejects.toThrow(file);
  });
});

describe('the cluster', () => {
  it('is that of the file, of KUBECONFIG, of the home folder, or that of the pod, in this order', async () => {
    const at = (name: string) => kubeconfig('token: t', `server: 'https://${name}'`);
    const named = write('named', at('named'));
    const ofHome = write('.kube/config', at('home'));
    write('account/token', 'the account');
    const environment = {
      KUBECONFIG: write('environment', at('environment')),
      HOME: folder,
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '6443',
    };
    const server = async (file?: string) =>
      (await load(file, environment, join(folder, 'account'))).getCurrentCluster()?.server;
    expect(await server(named)).toBe('https://named');
    expect(await server()).toBe('https://environment');
    environment.KUBECONFIG = '';
    expect(await server()).toBe('https://home');
    rmSync(ofHome);
    expect(await server()).toBe('https://[fd00::1]:6443');
  });

  it('of a pod is reached with its account, whose token is renewed', async () => {
    const token = write('account/token', 'first');
    write('account/ca.crt', 'authority');
    const access = await load(undefined, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, join(folder, 'account'));
    expect(access.getCurrentCluster()?.server).toBe('https://10.0.0.1:443');
    const { headers, tls } = await credentialsOf(access);
    expect([headers, String(tls.ca)]).toEqual([{ Authorization: 'Bearer first' }, 'authority']);
    writeFileSync(token, 'second');
    expect((await credentialsOf(access)).headers).toEqual({ Authorization: 'Bearer second' });
  });

  it('is nowhere: the error says where was looked', async () => {
    await expect(load()).rejects.toThrow(
      /no --kubeconfig, no KUBECONFIG, no ~\/\.kube\/config, and this is no pod/,
    );
  });
});
