import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../cluster/faulty-http-proxy.ts';
import { type FaultyProxy, startFaultyProxy } from '../cluster/faulty-proxy.ts';
import type { InstalledCluster } from '../cluster/installed-cluster.ts';
import { startWebhookReplica, type WebhookReplica } from '../cluster/webhook-replica.ts';

/** The only replica of a cluster, whose way to the API server can be disturbed. */
export interface ReplicaOverProxies {
  readonly replica: WebhookReplica;
  /** Its connections. */
  readonly connections: FaultyProxy;
  /** Its requests, behind the connections. */
  readonly requests: FaultyHttpProxy;
  close(): Promise<void>;
}

/** Starts it in place of those there are, and resolves when it is ready and all alone. */
export async function startReplicaOverProxies(cluster: InstalledCluster): Promise<ReplicaOverProxies> {
  const { controlPlane, balancer, replicas } = cluster;
  const requests = await startFaultyHttpProxy(controlPlane);
  const connections = await startFaultyProxy({ target: requests.url });
  const kubeConfig = controlPlane.kubeConfig('webhook', {
    url: connections.url,
    authorityPem: requests.authorityPem,
  });
  const file = join(controlPlane.folder, 'over-proxies.kubeconfig');
  writeFileSync(file, kubeConfig.exportConfig(), { mode: 0o600 });
  const replica = await startWebhookReplica(
    { ...controlPlane, kubeconfig: () => file },
    { name: 'over-proxies' },
  );
  await replica.ready();
  balancer.use([replica.port]);
  await Promise.all(replicas.map(({ child }) => child.kill()));
  return {
    replica,
    connections,
    requests,
    async close() {
      await replica.child.kill();
      await connections.close();
      await requests.close();
    },
  };
}
