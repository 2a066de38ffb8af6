import type { RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node';

/**
 * How to reach an API server, and as whom: what is used of client-node's KubeConfig, which is one. `stepgate` itself
 * makes its own, because loading client-node costs 75 MB of memory, most of it for typed APIs that nothing here uses.
 */
export interface ClusterAccess {
  /** The cluster of the current context; null where there is none. */
  getCurrentCluster(): Cluster | null;
  /** The user of the current context; null where there is none. */
  getCurrentUser(): User | null;
  /** Puts the user's credentials and the cluster's authority into the options of a request. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}
