import type { Agent, RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { ServiceAccountKubeConfig } from './service-account-kube-config.ts';

const cluster = {
  name: 'c',
  server: 'https://cluster:6443',
  caData: Buffer.from('the CA').toString('base64'),
};

function controllers(user: object): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [cluster],
    users: [{ name: 'controller', ...user }],
    contexts: [{ name: 'main', cluster: 'c', user: 'controller' }],
    currentContext: 'main',
  });
  return config;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test.each([
  ['a token', { token: 'controllers-secret' }],
  ['a certificate', { certData: base64('controllers-secret'), keyData: base64('controllers-secret') }],
  ['a name and a password', { username: 'controllers-secret', password: 'controllers-secret' }],
  [
    'an exec plugin',
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/no/such/controllers-secret' } },
  ],
  [
    'a token file',
    { authProvider: { name: 'tokenFile', config: { tokenFile: '/no/such/controllers-secret' } } },
  ],
  ['another user to be', { impersonateUser: 'controllers-secret' }],
])('has %s of the controller neither in itself nor in a request', async (_, user) => {
  const config = new ServiceAccountKubeConfig(controllers(user), async () => 'runners-token');
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  expect(options.headers).toEqual({ Authorization: 'Bearer runners-token' });
  expect({ cert: options.cert, key: options.key, pfx: options.pfx, auth: options.auth }).toEqual({});
  expect(Buffer.from(options.ca as Buffer).toString()).toBe('the CA');
  expect(config.getCurrentCluster()?.server).toBe(cluster.server);
  expect(JSON.stringify([config.getCurrentUser(), options.headers])).not.toMatch(
    /controllers-secret|Y29udHJvbGxlcn/,
  );
});

test('asks for the token at each request', async () => {
  let asked = 0;
  const config = new ServiceAccountKubeConfig(controllers({}), async () => `token-${(asked += 1)}`);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  await config.applyToHTTPSOptions(options);
  expect(options.headers).toEqual({ Authorization: 'Bearer token-2' });
});

test('goes through the proxy of the cluster, with nothing of the controller', async () => {
  const behind = controllers({ token: 'controllers-secret', certData: base64('c'), keyData: base64('k') });
  behind.clusters = [{ ...cluster, skipTLSVerify: false, proxyUrl: 'http://127.0.0.1:1' }];
  const config = new ServiceAccountKubeConfig(behind, async () => 'runners-token');
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const agent = options.agent as Agent & { readonly proxy: URL };
  expect(agent.proxy.href).toBe('http://127.0.0.1:1/');
  expect([agent.options.cert, agent.options.key]).toEqual([undefined, undefined]);
  expect(options.headers).toEqual({ Authorization: 'Bearer runners-token' });
});
