import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

const name = 'service-account';

/**
 * The way to a KubeConfig's current cluster, with a ServiceAccount's token and no other credential: the user of the
 * KubeConfig it is made from, with certificates, tokens and plugins, is not taken over.
 */
export class ServiceAccountKubeConfig extends KubeConfig {
  readonly #token: () => Promise<string>;

  /** @throws RangeError where the KubeConfig names no cluster */
  constructor(kubeConfig: KubeConfig, token: () => Promise<string>) {
    super();
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) throw new RangeError('The kubeconfig names no cluster');
    this.loadFromOptions({
      clusters: [cluster],
      users: [{ name }],
      contexts: [{ name, cluster: cluster.name, user: name }],
      currentContext: name,
    });
    this.#token = token;
  }

  /** Called by whoever makes a request; asks for the token anew each time. */
  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    const headers = options.headers as OutgoingHttpHeaders | undefined;
    options.headers = { ...headers, Authorization: `Bearer ${await this.#token()}` };
  }
}
