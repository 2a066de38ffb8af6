import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node';
import type { ClusterAccess } from '../../src/kube/cluster-access.ts';
import { createPlainAccess } from '../../src/kube/plain-access.ts';

const name = 'service-account';

/**
 * The way to a KubeConfig's current cluster, with a ServiceAccount's token and no other credential: the user of the
 * KubeConfig it is made from, with certificates, tokens and plugins, is not taken over.
 */
export class ServiceAccountKubeConfig implements ClusterAccess {
  readonly #cluster: Cluster;
  readonly #user: User = { name };
  readonly #token: () => Promise<string>;
  #way: ClusterAccess | undefined;

  /** @throws RangeError where the KubeConfig names no cluster */
  constructor(kubeConfig: ClusterAccess, token: () => Promise<string>) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) throw new RangeError('The kubeconfig names no cluster');
    this.#cluster = cluster;
    this.#token = token;
  }

  getCurrentCluster(): Cluster {
    return this.#cluster;
  }

  getCurrentUser(): User {
    return this.#user;
  }

  /** Called by whoever makes a request; asks for the token anew each time. */
  async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    this.#way ??= await wayTo(this.#cluster, this.#user);
    await this.#way.applyToHTTPSOptions(options);
    const headers = options.headers as OutgoingHttpHeaders | undefined;
    options.headers = { ...headers, Authorization: `Bearer ${await this.#token()}` };
  }
}

/** client-node knows the way through a proxy. */
async function wayTo(cluster: Cluster, user: User): Promise<ClusterAccess> {
  if (cluster.proxyUrl === undefined) return createPlainAccess({ cluster, user });
  const { KubeConfig } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(cluster, user);
  return kubeConfig;
}
