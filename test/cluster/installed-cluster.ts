import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { installManifests, installWebhookConfigurations } from './install-manifests.ts';
import { startTcpBalancer, type TcpBalancer } from './tcp-balancer.ts';
import { startWebhookReplica, type WebhookReplica, type WebhookReplicaOptions } from './webhook-replica.ts';

/** A control plane with stepgate installed as it is shipped: manifests, replicas behind a balancer, webhooks. */
export interface InstalledCluster {
  readonly controlPlane: ControlPlane;
  readonly balancer: TcpBalancer;
  readonly replicas: readonly WebhookReplica[];
  /** Kills one with -9 and starts it again; resolves when it is ready and gets connections. */
  replace(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** What is installed. */
export interface InstalledClusterOptions extends ControlPlaneOptions {
  /** Default 2. */
  readonly replicas?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly script?: string;
  /** More flags of the webhook; see {@link WebhookReplicaOptions.flags}. */
  readonly flags?: NonNullable<WebhookReplicaOptions['flags']>;
  /** Runs before the webhooks are in place: whatever it makes is from before the installation. */
  readonly before?: (controlPlane: ControlPlane) => Promise<void>;
}

/** Starts everything and resolves when the API server asks the webhook. */
export async function startInstalledCluster(
  options: InstalledClusterOptions = {},
): Promise<InstalledCluster> {
  const controlPlane = await startControlPlane(options);
  const balancer = await startTcpBalancer();
  const replicas: WebhookReplica[] = [];

  async function stop(): Promise<void> {
    await Promise.all(replicas.map((replica) => replica.child.kill()));
    await balancer.close();
    await controlPlane.stop();
  }

  function optionsOf(index: number): WebhookReplicaOptions {
    const { environment = {}, script, flags = {} } = options;
    return { name: `webhook-${index}`, environment, flags, ...(script === undefined ? {} : { script }) };
  }

  function balance(): void {
    balancer.use(replicas.filter((replica) => !replica.child.hasExited).map((replica) => replica.port));
  }

  async function replace(index: number): Promise<void> {
    const old = replicas[index];
    if (old === undefined) throw new RangeError(`there is no replica ${index}`);
    await old.child.kill();
    balancer.use(replicas.filter((replica) => replica !== old).map((replica) => replica.port));
    const replica = await startWebhookReplica(controlPlane, optionsOf(index));
    replicas[index] = replica;
    await replica.ready();
    balance();
  }

  try {
    await installManifests(controlPlane);
    await options.before?.(controlPlane);
    await installWebhookConfigurations(controlPlane, { clientConfig: { url: balancer.url } });
    for (let index = 0; index < (options.replicas ?? 2); index += 1) {
      replicas.push(await startWebhookReplica(controlPlane, optionsOf(index)));
    }
    await Promise.all(replicas.map((replica) => replica.ready()));
    balance();
    await webhookAsked(controlPlane);
    return { controlPlane, balancer, replicas, replace, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The API server takes a webhook configuration into use within a second, and does not say when. */
async function webhookAsked(controlPlane: ControlPlane): Promise<void> {
  const execution = {
    apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1',
    kind: 'KubernetesExecution',
    metadata: { name: 'probe', namespace: 'default' },
    spec: { stepNumber: 1, action: 'scale_deployment' },
  };
  const args = ['create', '--dry-run=server', '-f', '-'];
  await eventually('the API server asks the webhook', async () => {
    const { stderr } = await controlPlane.kubectl(args, { input: JSON.stringify(execution) });
    return stderr.includes('names no workflow');
  });
}
