import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { kubernetesExecutionKind, workflowExecutionKind, type ResourceKind } from '../src/api/names.ts';
import { defaultInstallation } from '../src/api/manifests/installation.ts';
import { webhookConfigurationName } from '../src/api/manifests/webhook-configurations.ts';
import { configMapName } from '../src/config/config-watch.ts';
import { createKubeClient, type KubeClient } from '../src/kube/kube-client.ts';
import { isKubeStatus } from '../src/kube/kube-status-error.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { startControlPlane, type ControlPlane } from '../test/cluster/control-plane.ts';
import { eventually } from '../test/cluster/eventually.ts';
import { installManifests, installWebhookConfigurations } from '../test/cluster/install-manifests.ts';
import { startTcpBalancer, type TcpBalancer } from '../test/cluster/tcp-balancer.ts';
import { startWebhookReplica, type WebhookReplica } from '../test/cluster/webhook-replica.ts';
import { makeExecution } from '../test/builders/execution-builder.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { LoadTarget } from './load-messages.ts';

/** What is compared; `resourcequota` has no webhook at all. */
export type Variant = 'journal' | 'noop' | 'list' | 'resourcequota';

const scripts: Readonly<Record<Variant, string | undefined>> = {
  journal: join(import.meta.dirname, '../src/main.ts'),
  noop: join(import.meta.dirname, 'noop-webhook.ts'),
  list: join(import.meta.dirname, 'list-webhook.ts'),
  resourcequota: undefined,
};

interface Quota {
  readonly status?: { readonly used?: Readonly<Record<string, string>> };
}

/** A quota of a kind that its controller knows has a status after that. */
const quotaMilliseconds = 5_000;

/** High enough that nobody reaches it. */
export const unreachedLimit = 10_000;

const configMapKind: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const namespaceKind: ResourceKind = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };
const quotaKind: ResourceKind = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' };

/**
 * A control plane with one variant installed on it: the same CRDs, policies and webhook configurations on each.
 * Each variant has a control plane of its own, because our replicas watch all executions: on a shared one the
 * others' creates would pay for that.
 */
export interface ComparedPlane {
  readonly variant: Variant;
  readonly controlPlane: ControlPlane;
  readonly client: KubeClient;
  readonly target: LoadTarget;
  readonly replicas: readonly WebhookReplica[];
  /** Stops the replicas there are and starts so many. */
  useReplicas(count: number, options?: { readonly profileFolder?: string | undefined }): Promise<void>;
  /** Makes a namespace with so many workflows; answers their names. */
  makeNamespace(namespace: string, workflows: number): Promise<readonly string[]>;
  /** Changes max-parallel-steps of the running replicas. The caller waits until it is in force. */
  setLimit(limit: number): Promise<void>;
  /** Removes the webhook configurations: creates then reach the replicas by the watch alone. */
  withoutWebhooks(): Promise<void>;
  /** Deletes the executions of one round. */
  deleteRound(namespace: string, round: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control plane with a variant on it, with two replicas unless told otherwise. */
export async function startComparedPlane(
  variant: Variant,
  options: { readonly replicas?: number; readonly profileFolder?: string | undefined } = {},
): Promise<ComparedPlane> {
  const controlPlane = await startControlPlane();
  const balancer = await startTcpBalancer();
  const kubeConfig = controlPlane.kubeConfig();
  const client = createKubeClient(kubeConfig, { component: 'benchmark' });
  const plane = new RunningPlane(variant, controlPlane, balancer, client, {
    url: controlPlane.url,
    authorityPem: controlPlane.authorityPem,
    token: kubeConfig.getCurrentUser()?.token ?? '',
  });
  try {
    await installManifests(controlPlane);
    await plane.setLimit(unreachedLimit);
    if (scripts[variant] !== undefined) {
      await installWebhookConfigurations(controlPlane, { clientConfig: { url: balancer.url } });
      await plane.useReplicas(options.replicas ?? 2, options);
    }
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

class RunningPlane implements ComparedPlane {
  readonly variant: Variant;
  readonly controlPlane: ControlPlane;
  readonly client: KubeClient;
  readonly target: LoadTarget;
  readonly #balancer: TcpBalancer;
  #replicas: readonly WebhookReplica[] = [];
  #started = 0;
  #profiled = false;

  constructor(
    variant: Variant,
    controlPlane: ControlPlane,
    balancer: TcpBalancer,
    client: KubeClient,
    target: LoadTarget,
  ) {
    this.variant = variant;
    this.controlPlane = controlPlane;
    this.client = client;
    this.target = target;
    this.#balancer = balancer;
  }

  get replicas(): readonly WebhookReplica[] {
    return this.#replicas;
  }

  async useReplicas(
    count: number,
    { profileFolder }: { readonly profileFolder?: string | undefined } = {},
  ): Promise<void> {
    const script = scripts[this.variant];
    if (script === undefined) return;
    this.#balancer.use([]);
    await this.#stopReplicas();
    this.#profiled = profileFolder !== undefined;
    const replicas: WebhookReplica[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = `${this.variant}-${this.#started++}`;
      const environment: Record<string, string> =
        profileFolder === undefined
          ? {}
          : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder} --cpu-prof-name=${name}.cpuprofile` };
      replicas.push(await startWebhookReplica(this.controlPlane, { name, script, environment }));
    }
    this.#replicas = replicas;
    await Promise.all(replicas.map((replica) => replica.ready()));
    this.#balancer.use(replicas.map((replica) => replica.port));
    await this.#webhookAsked();
  }

  /** Replicas that are profiled write that down when they end by themselves. */
  async #stopReplicas(): Promise<void> {
    await Promise.all(
      this.#replicas.map(async ({ child }) => {
        if (!this.#profiled) return child.kill();
        child.signal('SIGTERM');
        await child.exited;
      }),
    );
    this.#replicas = [];
  }

  /** The API server takes a webhook configuration into use within a second, and does not say when. */
  async #webhookAsked(): Promise<void> {
    const body = makeExecution('probe').inNamespace('default').of('probe').build();
    await eventually(`the API server asks the ${this.variant} webhook`, async () => {
      const before = await this.#decisions();
      await this.client
        .request({
          method: 'POST',
          path: resourcePath(kubernetesExecutionKind, { namespace: 'default' }),
          query: { dryRun: 'All' },
          body,
        })
        .catch(() => {});
      return (await this.#decisions()) > before;
    });
  }

  async #decisions(): Promise<number> {
    let sum = 0;
    for (const { metricsUrl } of this.#replicas) {
      const text = await (await fetch(`${metricsUrl}/metrics`)).text();
      for (const [, value] of text.matchAll(/^stepgate_admission_decisions_total\{.*\} (\d+)/gm)) {
        sum += Number(value);
      }
    }
    return sum;
  }

  async makeNamespace(namespace: string, workflows: number): Promise<readonly string[]> {
    await this.#create(namespaceKind, undefined, { metadata: { name: namespace } });
    const names = Array.from({ length: workflows }, (_, index) => `workflow-${index}`);
    for (const name of names) {
      await this.#create(
        workflowExecutionKind,
        namespace,
        makeWorkflow(name).inNamespace(namespace).steps(3).build(),
      );
    }
    if (this.variant === 'resourcequota') await this.#makeQuota(namespace);
    return names;
  }

  /**
   * The quota controller fills in the status when the quota is made, but only for the kinds it knows by then, and
   * it looks for new ones every 30 s (not configurable): a quota that came too early is made again.
   */
  async #makeQuota(namespace: string): Promise<void> {
    const resource = `count/${kubernetesExecutionKind.plural}.${kubernetesExecutionKind.group}`;
    const hard = { [resource]: '1000000' };
    const path = resourcePath(quotaKind, { namespace, name: 'executions' });
    const counts = async (): Promise<boolean> => {
      const quota = await this.client.request<Quota>({ method: 'GET', path });
      return quota.status?.used?.[resource] !== undefined;
    };
    const made = async (): Promise<boolean> => {
      await this.#create(quotaKind, namespace, {
        metadata: { name: 'executions', namespace },
        spec: { hard },
      });
      await pause(quotaMilliseconds);
      if (await counts()) return true;
      await this.client.request({ method: 'DELETE', path });
      return false;
    };
    await eventually('the quota counts', made, 24 * quotaMilliseconds);
  }

  async #create(kind: ResourceKind, namespace: string | undefined, object: object): Promise<void> {
    const { group, version } = kind;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    await this.client.request({
      method: 'POST',
      path: resourcePath(kind, namespace === undefined ? {} : { namespace }),
      body: { apiVersion, kind: kind.kind, ...object },
    });
  }

  async setLimit(limit: number): Promise<void> {
    const { namespace } = defaultInstallation;
    const data = { 'max-parallel-steps': String(limit) };
    try {
      await this.client.request({
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        path: resourcePath(configMapKind, { namespace, name: configMapName }),
        body: { data },
      });
    } catch (error) {
      if (!isKubeStatus(error, 404)) throw error;
      await this.#create(configMapKind, namespace, { metadata: { name: configMapName, namespace }, data });
    }
  }

  async withoutWebhooks(): Promise<void> {
    const kinds = 'mutatingwebhookconfiguration,validatingwebhookconfiguration';
    const { exitCode, stderr } = await this.controlPlane.kubectl(['delete', kinds, webhookConfigurationName]);
    if (exitCode !== 0) throw new Error(`kubectl: ${stderr}`);
  }

  async deleteRound(namespace: string, round: string): Promise<void> {
    await this.client.request({
      method: 'DELETE',
      path: resourcePath(kubernetesExecutionKind, { namespace }),
      query: { labelSelector: `round=${round}` },
      timeoutMilliseconds: 120_000,
    });
  }

  async stop(): Promise<void> {
    await this.#stopReplicas();
    this.client.close();
    await this.#balancer.close();
    await this.controlPlane.stop();
  }
}
