import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../test/cluster/certificates.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';

const authority = createAuthority('authority');
const serving = authority.issue('server', [], ['127.0.0.1']);
const base64 = (pem: string) => Buffer.from(pem).toString('base64');

/** Answers with the name in the client's certificate, and counts connections. */
const server = createServer(
  // The authority issues serving certificates; a client may show one too, if nobody insists.
  { cert: serving.certificatePem, key: serving.keyPem, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ commonName: subject.CN }));
  },
);
let connections = 0;
server.on('secureConnection', () => {
  connections += 1;
});
const clients: KubeClient[] = [];

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function userOf(name: string): { name: string; certData: string; keyData: string; token?: string } {
  const { certificatePem, keyPem } = authority.issue(name, [name], []);
  return { name: 'u', certData: base64(certificatePem), keyData: base64(keyPem) };
}

function clientAs(user: { name: string }, caData?: string): KubeClient {
  const kubeConfig = new KubeConfig();
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cluster = {
    name: 'c',
    server: url,
    skipTLSVerify: false,
    ...(caData === undefined ? {} : { caData }),
  };
  kubeConfig.loadFromClusterAndUser(cluster, user);
  const client = createKubeClient(kubeConfig, { credentialsLifetimeMilliseconds: 0 });
  clients.push(client);
  return client;
}

const ask = (client: KubeClient) => client.request({ method: 'GET', path: '/who' });
const trusted = base64(authority.certificatePem);

describe('connections over TLS', () => {
  it('show the certificate of the user, and a new one after its rotation', async () => {
    const user = userOf('first');
    const client = clientAs(user, trusted);
    connections = 0;
    expect(await ask(client)).toEqual({ commonName: 'first' });
    expect(await ask(client)).toEqual({ commonName: 'first' });
    Object.assign(user, userOf('second'));
    expect(await ask(client)).toEqual({ commonName: 'second' });
    expect(await ask(client)).toEqual({ commonName: 'second' });
    expect(connections).toBe(2);
  });

  it('outlive a new token', async () => {
    const user = userOf('same');
    const client = clientAs(user, trusted);
    connections = 0;
    await ask(client);
    Object.assign(user, { token: 'new' });
    await ask(client);
    expect(connections).toBe(1);
  });

  it('are refused to a server that the kubeconfig does not trust', async () => {
    await expect(ask(clientAs(userOf('any')))).rejects.toMatchObject({ code: 'KubeConnection' });
  });

  it('say that a certificate is unusable before anything is sent', async () => {
    const client = clientAs(
      { ...userOf('any'), certData: base64('no certificate') } as { name: string },
      trusted,
    );
    await expect(ask(client)).rejects.toMatchObject({ reason: 'credentials' });
  });
});
