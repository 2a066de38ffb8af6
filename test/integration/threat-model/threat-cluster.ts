import { join } from 'node:path';
import { approvalAnnotations } from '../../../src/api/approval-annotations.ts';
import { defaultInstallation } from '../../../src/api/manifests/installation.ts';
import { webhookConfigurationName } from '../../../src/api/manifests/webhook-configurations.ts';
import { configMapName } from '../../../src/config/config-watch.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../../src/kube/resource-path.ts';
import { type ControlPlane, startControlPlane, type UserName } from '../../cluster/control-plane.ts';
import { eventually } from '../../cluster/eventually.ts';
import { installManifests, installWebhookConfigurations } from '../../cluster/install-manifests.ts';
import { startTcpBalancer } from '../../cluster/tcp-balancer.ts';
import { startWebhookReplica, type WebhookReplica } from '../../cluster/webhook-replica.ts';
import { type RewritingWebhook, startRewritingWebhook } from './rewriting-webhook.ts';
import { grantRights } from './rights.ts';

/** A control plane with stepgate installed, whose webhook can be exchanged for one without a guard. */
export interface ThreatCluster {
  readonly controlPlane: ControlPlane;
  readonly rewriting: RewritingWebhook;
  readonly client: (user: UserName) => KubeClient;
  /** Of the admission port, without a trailing slash. */
  readonly admissionUrl: string;
  /** Creates a namespace. */
  namespace(name: string): Promise<void>;
  /** The webhook is from now on one without that guard, or the real one. */
  use(guard: string | undefined): Promise<void>;
  /** Does something while other settings are in force; the threshold must be another one too. */
  withSettings<Result>(settings: Settings, work: () => Promise<Result>): Promise<Result>;
  /**
   * Does something while both webhook configurations are away, as after an uninstallation. They are made again, with
   * other uids, and a replica that has just started answers for them.
   */
  uninstalled(work: () => Promise<void>): Promise<void>;
  /** Takes the right to ask the authorizer from the webhook; the function it answers gives it back. */
  breakAuthorizer(): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** What an attempt may set; by default a threshold of 10, and creators may approve. */
export interface Settings {
  readonly threshold: number;
  readonly requireDifferentApprover?: boolean;
  readonly approveByHashOnly?: boolean;
}

/** `before` makes what is there before the API server asks us. */
export async function startThreatCluster(
  before: (cluster: ThreatCluster) => Promise<void>,
): Promise<ThreatCluster> {
  const controlPlane = await startControlPlane({ controllerManager: false });
  const balancer = await startTcpBalancer();
  const rewriting = await startRewritingWebhook();
  const clients = new Map<UserName, KubeClient>();
  let replica: WebhookReplica | undefined;
  let replicas = 0;
  let withoutGuard: string | undefined;

  function client(user: UserName): KubeClient {
    const known = clients.get(user) ?? createKubeClient(controlPlane.kubeConfig(user));
    clients.set(user, known);
    return known;
  }

  async function use(guard: string | undefined): Promise<void> {
    replicas += 1;
    withoutGuard = guard;
    const next = await startWebhookReplica(controlPlane, {
      name: `webhook-${replicas}`,
      flags: { plugin: join(import.meta.dirname, 'guarding-plugin.ts') },
      ...(guard !== undefined && {
        environment: { WITHOUT_GUARD: guard },
        script: join(import.meta.dirname, 'mutated-webhook.ts'),
      }),
    });
    await next.ready();
    balancer.use([next.port]);
    // Connections that are open lead to the old one.
    await replica?.child.kill();
    replica = next;
    await eventually('the API server asks the webhook', async () => asked(controlPlane));
  }

  const cluster: ThreatCluster = {
    controlPlane,
    rewriting,
    client,
    admissionUrl: balancer.url,
    async namespace(name) {
      const metadata = { name, labels: { rewritten: 'yes' } };
      await client('admin').request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata } });
    },
    use,
    async withSettings(settings, work) {
      await configure(client('admin'), settings);
      try {
        return await work();
      } finally {
        await configure(client('admin'), { threshold: 10 });
      }
    },
    async uninstalled(work) {
      for (const kind of ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'])
        await controlPlane.kubectl(['delete', kind, webhookConfigurationName]);
      await eventually('the API server does not ask the webhook', async () => !(await asked(controlPlane)));
      try {
        await work();
      } finally {
        await installWebhookConfigurations(controlPlane, { clientConfig: { url: balancer.url } });
        await use(withoutGuard);
      }
    },
    async breakAuthorizer() {
      const role = resourcePath(clusterRoleKind, { name: defaultInstallation.webhookServiceAccount });
      const { rules } = await client('admin').request<ClusterRole>({ method: 'GET', path: role });
      const put = async (wanted: ClusterRole['rules'], allowed: boolean) => {
        const contentType = 'application/merge-patch+json';
        await client('admin').request({ method: 'PATCH', path: role, contentType, body: { rules: wanted } });
        await eventually(
          `the webhook ${allowed ? 'may' : 'may not'} ask`,
          async () => (await mayAsk(client('webhook'))) === allowed,
        );
      };
      await put(
        rules.filter(({ resources }) => !resources.includes('subjectaccessreviews')),
        false,
      );
      return () => put(rules, true);
    },
    async stop() {
      await replica?.child.kill();
      for (const each of clients.values()) each.close();
      await Promise.all([rewriting.stop(), balancer.close(), controlPlane.stop()]);
    },
  };
  try {
    await installManifests(controlPlane);
    await grantRights(client('admin'));
    await before(cluster);
    await installWebhookConfigurations(controlPlane, { clientConfig: { url: balancer.url } });
    await client('admin').request({
      method: 'POST',
      path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
      body: rewriting.configuration,
    });
    await use(undefined);
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

interface ClusterRole {
  readonly rules: readonly { readonly resources: readonly string[] }[];
}

const clusterRoleKind = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles' };

async function mayAsk(webhook: KubeClient): Promise<boolean> {
  const resourceAttributes = { namespace: 'default', verb: 'get', resource: 'pods' };
  try {
    await webhook.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: 'probe', resourceAttributes },
      },
    });
    return true;
  } catch (error) {
    if (isKubeStatus(error, 403)) return false;
    throw error;
  }
}

/** An execution that names no workflow is refused by the webhook alone. */
async function asked(controlPlane: ControlPlane): Promise<boolean> {
  const execution = {
    apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1',
    kind: 'KubernetesExecution',
    metadata: { name: 'probe', namespace: 'default' },
    spec: { stepNumber: 1, action: 'scale_deployment' },
  };
  const args = ['create', '--dry-run=server', '-f', '-'];
  const { stderr } = await controlPlane.kubectl(args, { input: JSON.stringify(execution) });
  return stderr.includes('names no workflow');
}

/** Writes the ConfigMap, and resolves when its threshold is in force: all of it is then. */
async function configure(
  admin: KubeClient,
  { threshold, requireDifferentApprover = false, approveByHashOnly = false }: Settings,
): Promise<void> {
  const metadata = { name: configMapName, namespace: defaultInstallation.namespace };
  await admin.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${metadata.namespace}/configmaps/${metadata.name}`,
    query: { fieldManager: 'test', force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: {
        'complexity-approval-threshold': String(threshold),
        'require-different-approver': String(requireDifferentApprover),
        'approve-by-hash-only': String(approveByHashOnly),
      },
    },
  });
  await eventually('the settings are in force', async () => (await thresholdNow(admin)) === threshold);
}

/** A dry run of a create is stamped with the threshold in force; undefined while that is changing. */
async function thresholdNow(client: KubeClient): Promise<number | undefined> {
  try {
    const { metadata } = await client.request<{
      readonly metadata: { readonly annotations: Record<string, string> };
    }>({
      method: 'POST',
      path: '/apis/workflowexecution.kubernaut.io/v1alpha1/namespaces/default/workflowexecutions',
      query: { dryRun: 'All' },
      body: {
        apiVersion: 'workflowexecution.kubernaut.io/v1alpha1',
        kind: 'WorkflowExecution',
        metadata: { name: 'probe' },
        spec: { steps: [{ stepNumber: 1, action: 'scale_deployment' }] },
      },
    });
    return Number(metadata.annotations[approvalAnnotations.threshold]);
  } catch (error) {
    if (isKubeStatus(error, 503)) return undefined;
    throw error;
  }
}
