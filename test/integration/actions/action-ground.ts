import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { defaultServiceAccountName } from '../../../src/api/names.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import type { KubeClient } from '../../../src/kube/kube-client.ts';
import {
  createServiceAccountClients,
  type ServiceAccountClients,
} from '../../../sdk/execution/service-account-clients.ts';
import { accountOf, firstOfRule, whenAllowed } from '../../cluster/when-allowed.ts';

/** A namespace of one test's own, whose ServiceAccount has no rights yet. */
export interface ActionGround {
  readonly namespace: string;
  /** Name of a node of this test's own. */
  readonly node: string;
  /** May do everything. */
  readonly admin: KubeClient;
  /** uid of the execution that the test pretends to run. */
  readonly uid: string;
  /** Gives the ServiceAccount the rights of `charts/stepgate/examples/<action>.yaml`, or all but one, and waits until they hold. */
  allow(action: string, without?: Right): Promise<void>;
  /** The same for rules of the test's own, within the namespace. */
  allowRules(rules: readonly Rule[]): Promise<void>;
  /** Calls `work` with a client that acts as the ServiceAccount. */
  asRunner<Result>(work: (kube: KubeClient) => Promise<Result>): Promise<Result>;
  close(): void;
}

let grounds = 0;

/** Creates the namespace, its ServiceAccount and the node. */
export async function openGround(admin: KubeClient, kubeConfig: KubeConfig): Promise<ActionGround> {
  grounds += 1;
  const namespace = `ground-${grounds}`;
  const node = `node-${grounds}`;
  const post = (path: string, body: object) => admin.request({ method: 'POST', path, body });
  await post('/api/v1/namespaces', { metadata: { name: namespace } });
  for (const name of ['default', defaultServiceAccountName])
    await post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  await post('/api/v1/nodes', { metadata: { name: node } });
  const accounts = createServiceAccountClients({
    client: admin,
    kubeConfig,
    clock: systemClock,
    random: Math.random,
  });
  return {
    namespace,
    node,
    admin,
    uid: randomUUID(),
    allow: (action, without) => allow(admin, namespace, action, without),
    allowRules: (rules) => allowRules(admin, namespace, rules),
    asRunner: (work) => asRunner(accounts, namespace, work),
    close: () => accounts.close(),
  };
}

function asRunner<Result>(
  accounts: ServiceAccountClients,
  namespace: string,
  work: (kube: KubeClient) => Promise<Result>,
): Promise<Result> {
  const account = { namespace, name: defaultServiceAccountName };
  return accounts.use(account, new AbortController().signal, work);
}

/** A rule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface RbacObject {
  readonly kind: 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding';
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly name: string };
}

/** The objects of one example, as they are. */
export function exampleRights(action: string): readonly RbacObject[] {
  const file = join(
    import.meta.dirname,
    '../../../charts/stepgate/examples',
    `${action.replaceAll('_', '-')}.yaml`,
  );
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as RbacObject);
}

/** Gives the ServiceAccount of a namespace the rights of an example, and waits until they hold. */
export async function allow(
  admin: KubeClient,
  namespace: string,
  action: string,
  without?: Right,
): Promise<void> {
  const objects = exampleRights(action).map((object) =>
    object.rules === undefined ? object : { ...object, rules: object.rules.flatMap(withoutRight(without)) },
  );
  await bind(admin, namespace, objects);
}

/** Gives the ServiceAccount of a namespace rights of the test's own, and waits until they hold. */
export function allowRules(admin: KubeClient, namespace: string, rules: readonly Rule[]): Promise<void> {
  return bind(admin, namespace, roleOf(rules));
}

/** One verb on one resource, `pods/eviction` for example. */
export interface Right {
  readonly verb: string;
  readonly resource: string;
}

/** Every right that the example of an action gives. */
export function rightsOf(action: string): readonly Right[] {
  const rules = exampleRights(action).flatMap(({ rules = [] }) => rules);
  return rules.flatMap(({ verbs, resources }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ verb, resource }))),
  );
}

function withoutRight(without: Right | undefined): (rule: Rule) => readonly Rule[] {
  return (rule) => {
    if (without === undefined || !rule.resources.includes(without.resource)) return [rule];
    const verbs = rule.verbs.filter((verb) => verb !== without.verb);
    return verbs.length === 0 ? [] : [{ ...rule, verbs }];
  };
}

function roleOf(rules: readonly Rule[]): readonly RbacObject[] {
  const metadata = { name: 'role-of-the-test' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', ...metadata };
  return [
    { kind: 'Role', metadata, rules },
    { kind: 'RoleBinding', metadata, roleRef },
  ];
}

async function bind(admin: KubeClient, namespace: string, objects: readonly RbacObject[]): Promise<void> {
  for (const object of objects) {
    const isClusters = object.kind.startsWith('Cluster');
    // What lives in no namespace is shared by all tests of a control plane.
    const name = `${object.metadata.name}${isClusters ? `-${namespace}` : ''}`;
    const { roleRef } = object;
    const place = isClusters ? '' : `/namespaces/${namespace}`;
    await admin.request({
      method: 'POST',
      path: `/apis/rbac.authorization.k8s.io/v1${place}/${object.kind.toLowerCase()}s`,
      body: {
        ...object,
        metadata: { name },
        ...(roleRef === undefined
          ? {}
          : {
              roleRef: { ...roleRef, name },
              subjects: [{ kind: 'ServiceAccount', name: defaultServiceAccountName, namespace }],
            }),
      },
    });
  }
  for (const rule of objects.flatMap(({ rules = [] }) => rules)) await holds(admin, namespace, rule);
}

/** The authorizer learns of a Role by a watch of its own. */
async function holds(admin: KubeClient, namespace: string, rule: Rule): Promise<void> {
  const account = accountOf(namespace, defaultServiceAccountName);
  for (const verb of rule.verbs) {
    await whenAllowed(admin, account, { ...firstOfRule(rule, namespace), verb });
  }
}
