import type { KubeObject } from '../../../src/kube/kube-object.ts';
import { restartedByAnnotation } from '../../../sdk/actions/rollout-restart.ts';
import type { ActionGround } from './action-ground.ts';
import { readObject, stateOf } from './object-state.ts';
import { simulateJobs, simulateKubelet, type Simulation } from './simulated-node.ts';

/** One action, and how a test sees what it does. */
export interface ActionCase {
  readonly action: string;
  /** Makes what the action works on; answers its parameters. */
  readonly prepare: (ground: ActionGround) => Promise<object>;
  /** Acts as a node does, where the action waits for one. */
  readonly node?: (ground: ActionGround) => Promise<Simulation>;
  /** What the action changes. */
  readonly state: (ground: ActionGround) => Promise<unknown>;
  /** What the state is to contain once it is done. */
  readonly done: (ground: ActionGround) => unknown;
  /** The part of the state that a rollback restores; absent: there is no rollback. */
  readonly restored?: (ground: ActionGround) => Promise<unknown>;
  /** What is missing without the Role, as the message says it. */
  readonly missing: string;
}

const deploymentPath = ({ namespace }: ActionGround) =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
const configMapPath = ({ namespace }: ActionGround) => `/api/v1/namespaces/${namespace}/configmaps/settings`;
const secretPath = ({ namespace }: ActionGround) => `/api/v1/namespaces/${namespace}/secrets/keys`;
const nodePath = ({ node }: ActionGround) => `/api/v1/nodes/${node}`;

const container = { name: 'web', image: 'web:1' };

export const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { team: 'shop' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
  },
};

async function create(ground: ActionGround, path: string, body: object): Promise<void> {
  await ground.admin.request({ method: 'POST', path, body });
}

const createDeployment = (ground: ActionGround) =>
  create(ground, `/apis/apps/v1/namespaces/${ground.namespace}/deployments`, deployment);

/** A pod of the ground's node. */
export async function createPod(
  { admin, namespace, node }: ActionGround,
  name: string,
  { owner, ...metadata }: { readonly owner?: string; readonly [field: string]: unknown } = {},
  spec: object = {},
): Promise<void> {
  const apiVersion = 'apps/v1';
  const ownerReferences =
    owner === undefined
      ? []
      : [{ apiVersion, kind: owner, name: 'owner', uid: 'uid-owner', controller: true }];
  await admin.request({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods`,
    body: {
      metadata: { name, ownerReferences, ...metadata },
      spec: { nodeName: node, containers: [container], automountServiceAccountToken: false, ...spec },
    },
  });
}

async function podsOfNode({ admin, namespace }: ActionGround): Promise<readonly string[]> {
  const { items } = await admin.request<{ readonly items: readonly KubeObject[] }>({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/pods`,
  });
  return items.map(({ metadata }) => metadata.name).sort();
}

async function schedulingOf(ground: ActionGround): Promise<unknown> {
  const { spec } = await readObject<{ spec?: { unschedulable?: boolean } }>(ground.admin, nodePath(ground));
  return { unschedulable: spec?.unschedulable ?? false };
}

export const actionCases: readonly ActionCase[] = [
  {
    action: 'scale_deployment',
    async prepare(ground) {
      await createDeployment(ground);
      // As text, as the reference plan's parameters are.
      return { deployment: 'web', replicas: '5' };
    },
    state: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    done: () => ({ spec: { replicas: 5 } }),
    restored: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    missing: 'may not get deployments/scale: a Role in namespace',
  },
  {
    action: 'rollout_restart',
    async prepare(ground) {
      await createDeployment(ground);
      return { deployment: 'web' };
    },
    state: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    done: ({ uid }) => ({
      spec: { template: { metadata: { annotations: { [restartedByAnnotation]: uid } } } },
    }),
    missing: 'may not patch deployments: a Role in namespace',
  },
  {
    action: 'delete_pod',
    async prepare(ground) {
      await createPod(ground, 'web-0', {}, { nodeName: undefined });
      await createPod(ground, 'web-1', {}, { nodeName: undefined });
      return { pod: 'web-0' };
    },
    state: podsOfNode,
    done: () => ['web-1'],
    missing: 'may not get pods: a Role in namespace',
  },
  {
    action: 'patch_deployment',
    async prepare(ground) {
      await createDeployment(ground);
      return {
        deployment: 'web',
        patch: {
          metadata: { labels: { team: 'heal', tier: 'front' } },
          spec: {
            minReadySeconds: 5,
            template: {
              spec: { containers: [{ name: 'web', image: 'web:2', env: [{ name: 'A', value: '1' }] }] },
            },
          },
        },
      };
    },
    state: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    done: () => ({
      metadata: { labels: { team: 'heal', tier: 'front' } },
      spec: {
        replicas: 2,
        minReadySeconds: 5,
        template: { spec: { containers: [{ image: 'web:2', env: [{ name: 'A', value: '1' }] }] } },
      },
    }),
    restored: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    missing: 'may not get deployments: a Role in namespace',
  },
  {
    action: 'cordon_node',
    prepare: async ({ node }) => ({ node }),
    state: schedulingOf,
    done: () => ({ unschedulable: true }),
    restored: schedulingOf,
    missing: 'may not get nodes: a ClusterRole must allow it',
  },
  {
    action: 'uncordon_node',
    async prepare(ground) {
      await ground.admin.request({
        method: 'PATCH',
        path: nodePath(ground),
        contentType: 'application/merge-patch+json',
        body: { spec: { unschedulable: true } },
      });
      return { node: ground.node };
    },
    state: schedulingOf,
    done: () => ({ unschedulable: false }),
    restored: schedulingOf,
    missing: 'may not get nodes: a ClusterRole must allow it',
  },
  {
    action: 'drain_node',
    async prepare(ground) {
      await createPod(ground, 'web-0', { owner: 'ReplicaSet' });
      await createPod(ground, 'web-1', { owner: 'ReplicaSet' });
      await createPod(ground, 'agent', { owner: 'DaemonSet' });
      await createPod(ground, 'static', { annotations: { 'kubernetes.io/config.mirror': 'hash' } });
      return { node: ground.node };
    },
    node: simulateKubelet,
    state: async (ground) => ({ pods: await podsOfNode(ground), node: await schedulingOf(ground) }),
    done: () => ({ pods: ['agent', 'static'], node: { unschedulable: true } }),
    restored: schedulingOf,
    missing: 'may not list pods: a ClusterRole must allow it',
  },
  {
    action: 'update_configmap',
    async prepare(ground) {
      await create(ground, `/api/v1/namespaces/${ground.namespace}/configmaps`, {
        metadata: { name: 'settings' },
        data: { kept: 'as it is', changed: 'old', removed: 'soon' },
      });
      return { configmap: 'settings', data: { changed: 'new', added: 'yes', removed: null } };
    },
    state: (ground) => stateOf(ground.admin, configMapPath(ground)),
    done: () => ({ data: { kept: 'as it is', changed: 'new', added: 'yes' } }),
    restored: (ground) => stateOf(ground.admin, configMapPath(ground)),
    missing: 'may not get configmaps: a Role in namespace',
  },
  {
    action: 'update_secret',
    async prepare(ground) {
      await create(ground, `/api/v1/namespaces/${ground.namespace}/secrets`, {
        metadata: { name: 'keys' },
        stringData: { kept: 'as-it-is', changed: 'old-value', removed: 'soon' },
      });
      return { secret: 'keys', data: { changed: 'new-value', removed: null } };
    },
    state: (ground) => stateOf(ground.admin, secretPath(ground)),
    done: () => ({ data: { kept: 'YXMtaXQtaXM=', changed: 'bmV3LXZhbHVl' } }),
    missing: 'may not patch secrets: a Role in namespace',
  },
  {
    action: 'update_secret',
    async prepare(ground) {
      const secrets = `/api/v1/namespaces/${ground.namespace}/secrets`;
      const of = (name: string, stringData: object) => ({ metadata: { name }, stringData });
      await create(ground, secrets, of('keys', { kept: 'as-it-is', changed: 'old-value' }));
      await create(ground, secrets, of('new-values', { password: 'new-value', user: 'jane' }));
      return {
        secret: 'keys',
        data: { plain: 'yes' },
        // As text, as the reference plan's parameters are.
        dataFrom: JSON.stringify({
          changed: { secretKeyRef: { name: 'new-values', key: 'password' } },
          added: { secretKeyRef: { name: 'new-values', key: 'user' } },
        }),
      };
    },
    state: (ground) => stateOf(ground.admin, secretPath(ground)),
    done: () => ({
      data: { kept: 'YXMtaXQtaXM=', changed: 'bmV3LXZhbHVl', added: 'amFuZQ==', plain: 'eWVz' },
    }),
    missing: 'may not get secrets: a Role in namespace',
  },
  {
    action: 'apply_manifest',
    prepare: async () => ({ manifest: deployment }),
    state: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    done: () => ({ spec: { replicas: 2 } }),
    restored: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    missing: 'may not get deployments: a Role in namespace',
  },
  {
    action: 'apply_manifest',
    async prepare(ground) {
      await createDeployment(ground);
      const metadata = { name: 'web', labels: { team: 'heal' } };
      const spec = { ...deployment.spec, replicas: 7, minReadySeconds: 3 };
      return { manifest: { ...deployment, metadata, spec }, force: true };
    },
    state: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    done: () => ({ metadata: { labels: { team: 'heal' } }, spec: { replicas: 7, minReadySeconds: 3 } }),
    restored: (ground) => stateOf(ground.admin, deploymentPath(ground)),
    missing: 'may not get deployments: a Role in namespace',
  },
  {
    action: 'job',
    async prepare({ admin, namespace }) {
      // The simulated Job controller makes its pods under it.
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await admin.request({
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels } },
      });
      return { image: 'tool:1', args: ['--heal'] };
    },
    node: (ground) => simulateJobs(ground, { exitCode: 0, message: 'healed' }),
    async state({ admin, namespace }) {
      const { items } = await admin.request<{ items: readonly { status: { succeeded?: number } }[] }>({
        method: 'GET',
        path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
      });
      return items.map(({ status }) => status.succeeded);
    },
    // One Job, however often the attempt was interrupted.
    done: () => [1],
    missing: 'may not create jobs: a Role in namespace',
  },
];
