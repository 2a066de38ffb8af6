import { randomBytes } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { defaultServiceAccountName } from '../../src/api/names.ts';
import { systemClock } from '../../src/kube/clock.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { accountOf, firstOfRule, isAllowed } from './allowed.ts';

/** A rule of a Role. Source: rbac/v1 `PolicyRule`. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** A namespace of one test's own on a real API server. */
export interface TestNamespace {
  readonly name: string;
  /** Acts as `stepgate-runner` of the namespace, as actions do, for ten minutes. Hand it to `runAction`. */
  readonly kube: KubeClient;
  /** Deletes the namespace, and closes the client. */
  remove(): Promise<void>;
}

/**
 * Creates a namespace with the ServiceAccount that actions act as, and gives that account these rights there. An action
 * that passes with them needs no more.
 *
 * @param kubeConfig of somebody who may do all of this, and create SubjectAccessReviews; `startControlPlane` has one, and so has any cluster for tests
 * @throws KubeStatusError, KubeConnectionError
 */
export async function createTestNamespace(
  kubeConfig: KubeConfig,
  rules: readonly RoleRule[],
): Promise<TestNamespace> {
  const admin = createKubeClient(kubeConfig, { component: 'testing' });
  const name = `stepgate-test-${randomBytes(4).toString('hex')}`;
  const create = <Answer>(path: string, body: object): Promise<Answer> =>
    admin.request<Answer>({ method: 'POST', path, body });
  const account = defaultServiceAccountName;
  const metadata = { name: account };
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${name}`;
  const accounts = `/api/v1/namespaces/${name}/serviceaccounts`;
  await create('/api/v1/namespaces', { metadata: { name } });
  await create(accounts, { metadata });
  await create(`${rbac}/roles`, { metadata, rules });
  await create(`${rbac}/rolebindings`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: name }],
  });
  const { status } = await create<{ readonly status: { readonly token: string } }>(
    `${accounts}/${account}/token`,
    { spec: { expirationSeconds: 600 } },
  );
  const kube = createKubeClient(withToken(kubeConfig, status.token), { component: 'testing' });
  await whenGiven(admin, name, rules);
  return {
    name,
    kube,
    async remove() {
      kube.close();
      await admin.request({ method: 'DELETE', path: `/api/v1/namespaces/${name}` });
      admin.close();
    },
  };
}

/** The authorizer learns of a Role and of its binding by watches: moments after they are stored. */
async function whenGiven(admin: KubeClient, namespace: string, rules: readonly RoleRule[]): Promise<void> {
  const [rule] = rules;
  if (rule === undefined) return;
  const account = accountOf(namespace, defaultServiceAccountName);
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isAllowed(admin, account, firstOfRule(rule, namespace))) return;
    await systemClock.sleep(50);
  }
}

/** The way to the same cluster, with this token and no other credential. */
function withToken(kubeConfig: KubeConfig, token: string): KubeConfig {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new RangeError('The kubeconfig names no cluster');
  const result = new KubeConfig();
  result.loadFromOptions({
    clusters: [cluster],
    users: [{ name: 'runner', token }],
    contexts: [{ name: 'runner', cluster: cluster.name, user: 'runner' }],
    currentContext: 'runner',
  });
  return result;
}
