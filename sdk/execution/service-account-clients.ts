import type { ClusterAccess } from '../../src/kube/cluster-access.ts';
import type { Clock } from '../../src/kube/clock.ts';
import { confirmingClient } from '../../src/kube/confirming-client.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { ServiceAccountKubeConfig } from './service-account-kube-config.ts';
import type { ServiceAccountName } from './service-account.ts';
import { createServiceAccountToken, type ServiceAccountToken } from './service-account-token.ts';

/** Clients that act as ServiceAccounts; one for each, while it is used and some time after. */
export interface ServiceAccountClients {
  /**
   * Calls `work` with a client that acts as this ServiceAccount, and is closed to no one while it is used. A token is
   * asked for with the first request: that rejects with ServiceAccountError where nobody can act as it, and waits for
   * an API server that is away until the signal is aborted.
   * @throws whatever `work` throws
   */
  use<Result>(
    account: ServiceAccountName,
    signal: AbortSignal,
    work: (client: KubeClient) => Promise<Result>,
  ): Promise<Result>;
  /** Closes all connections. */
  close(): void;
}

export interface ServiceAccountClientsOptions {
  /** May create `serviceaccounts/token`. */
  readonly client: KubeClient;
  /** Of whose current cluster the clients are. */
  readonly kubeConfig: ClusterAccess;
  readonly clock: Clock;
  readonly random: () => number;
  /** Clients that are kept although nobody uses them, default 256. */
  readonly mostIdle?: number;
}

interface Entry {
  readonly token: ServiceAccountToken;
  readonly client: KubeClient;
  users: number;
}

export function createServiceAccountClients(options: ServiceAccountClientsOptions): ServiceAccountClients {
  const { kubeConfig, clock, mostIdle = 256 } = options;
  /** In the order of their last use. */
  const entries = new Map<string, Entry>();

  function entryOf(account: ServiceAccountName): Entry {
    const key = `${account.namespace}/${account.name}`;
    let entry = entries.get(key);
    if (entry === undefined) {
      const token = createServiceAccountToken({ ...options, account });
      const config = new ServiceAccountKubeConfig(kubeConfig, () => token.current());
      const client = confirmingClient(createKubeClient(config, { component: 'action', clock }), clock);
      entry = { token, client, users: 0 };
    }
    entries.delete(key);
    entries.set(key, entry);
    return entry;
  }

  function closeIdle(): void {
    let surplus = entries.size - mostIdle;
    for (const [key, entry] of entries) {
      if (surplus <= 0) return;
      if (entry.users > 0) continue;
      entries.delete(key);
      entry.client.close();
      surplus -= 1;
    }
  }

  return {
    async use(account, signal, work) {
      const entry = entryOf(account);
      entry.users += 1;
      try {
        return await work(renewing(entry, signal));
      } finally {
        entry.users -= 1;
        closeIdle();
      }
    },
    close() {
      for (const { client } of entries.values()) client.close();
      entries.clear();
    },
  };
}

/**
 * A 401 is answered before anything is done: the token was revoked (as when its ServiceAccount was made anew), and a
 * request is sent once more with another one.
 */
function renewing({ token, client }: Entry, signal: AbortSignal): KubeClient {
  async function again<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    await token.whenReachable(signal);
    try {
      return await send();
    } catch (error) {
      if (!isKubeStatus(error, 401)) throw error;
      token.drop();
      await token.whenReachable(signal);
      return send();
    }
  }
  return {
    request: (request) => again(() => client.request(request)),
    stream: (request) => again(() => client.stream(request)),
    // It is shared: who uses it cannot close it.
    close() {},
  };
}
