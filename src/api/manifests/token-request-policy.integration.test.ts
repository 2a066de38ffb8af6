import { afterAll, beforeAll, expect, it } from 'vitest';
import { startControlPlane, type ControlPlane, type UserName } from '../../../test/cluster/control-plane.ts';
import { installManifests } from '../../../test/cluster/install-manifests.ts';
import { letRunExecutions } from '../../../test/cluster/runner-account.ts';
import { createKubeClient, type KubeClient } from '../../kube/kube-client.ts';
import { installationNamed } from './installation.ts';
import { tokenRequestPolicy } from './token-request-policy.ts';

let controlPlane: ControlPlane;
let admin: KubeClient;
const clients: KubeClient[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane();
  await installManifests(controlPlane);
  admin = as('admin');
  for (const [namespace, name] of [
    ['default', 'runner'],
    ['default', 'deployer'],
    ['kube-system', 'runner'],
    ['kubernaut-system', 'runner'],
  ] as const) {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await admin.request({ method: 'POST', path, body: { metadata: { name } } });
    if (name === 'runner') await letRunExecutions(admin, namespace, name);
  }
});

afterAll(async () => {
  for (const client of clients) client.close();
  await controlPlane?.stop();
});

function as(user: UserName): KubeClient {
  const client = createKubeClient(controlPlane.kubeConfig(user));
  clients.push(client);
  return client;
}

function token(user: UserName, namespace: string, name: string): Promise<unknown> {
  return as(user).request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
}

it('gives the controller tokens of an account that may run executions', async () => {
  await expect(token('controller', 'default', 'runner')).resolves.toMatchObject({
    status: { token: expect.stringMatching(/^ey/) },
  });
});

it('gives it none of an account that may not, and says how that is allowed', async () => {
  await expect(token('controller', 'default', 'deployer')).rejects.toMatchObject({
    status: {
      code: 403,
      message: expect.stringContaining(
        'ServiceAccount deployer of namespace default may not run kubernetesexecutions, and so no action acts as it. ' +
          'Whoever administrates the namespace allows that with: kubectl create rolebinding deployer-runs-executions ' +
          '-n default --clusterrole=stepgate-action-account --serviceaccount=default:deployer',
      ),
    },
  });
});

it.each(['kube-system', 'kubernaut-system'])(
  'gives it none of namespace %s, whatever the account may',
  async (namespace) => {
    await expect(token('controller', namespace, 'runner')).rejects.toMatchObject({
      status: { code: 403, message: expect.stringContaining('belongs to the cluster or to stepgate') },
    });
  },
);

it('looks at nobody else, such as the kubelet', async () => {
  for (const [namespace, name] of [
    ['default', 'deployer'],
    ['kube-system', 'runner'],
  ] as const)
    await expect(token('admin', namespace, name)).resolves.toHaveProperty('status.token');
});

it('closes the namespace of its own installation', () => {
  const [policy] = tokenRequestPolicy(installationNamed('ops', 'workflows'));
  expect(JSON.stringify(policy)).toContain("'workflows'");
});
