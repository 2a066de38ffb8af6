import type { KubeClient } from './kube-client.ts';
import { isKubeStatus } from './kube-status-error.ts';
import { type Lease, leaseKind, type LeaseSpec } from './lease.ts';
import { resourcePath } from './resource-path.ts';

/** One Lease on an API server. Both methods throw KubeStatusError and KubeConnectionError. */
export interface LeaseStore {
  /** As of now; undefined: there is none. */
  read(signal?: AbortSignal): Promise<Lease | undefined>;
  /** Compare and swap: 409 when anybody has written since `before` was read, or created it. Answers what is stored. */
  write(before: Lease | undefined, spec: LeaseSpec, signal?: AbortSignal): Promise<Lease>;
  /** Reads and writes, once more after a conflict. Nothing is written where `next` answers undefined. */
  change(next: (lease: Lease | undefined) => LeaseSpec | undefined): Promise<void>;
}

export interface LeaseStoreOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly timeoutMilliseconds: number;
}

export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { client, namespace, name, timeoutMilliseconds } = options;
  const bounds = (signal: AbortSignal | undefined) => ({
    timeoutMilliseconds,
    ...(signal === undefined ? {} : { signal }),
  });
  async function read(signal?: AbortSignal): Promise<Lease | undefined> {
    const path = resourcePath(leaseKind, { namespace, name });
    try {
      return await client.request<Lease>({ method: 'GET', path, ...bounds(signal) });
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  function write(before: Lease | undefined, spec: LeaseSpec, signal?: AbortSignal): Promise<Lease> {
    const { metadata } = before ?? { metadata: { name, namespace } };
    return client.request<Lease>({
      method: before === undefined ? 'POST' : 'PUT',
      path: resourcePath(leaseKind, { namespace, name: before === undefined ? undefined : name }),
      body: { apiVersion: `${leaseKind.group}/${leaseKind.version}`, kind: leaseKind.kind, metadata, spec },
      ...bounds(signal),
    });
  }

  async function change(next: (lease: Lease | undefined) => LeaseSpec | undefined, tries = 2): Promise<void> {
    const lease = await read();
    const spec = next(lease);
    if (spec === undefined) return;
    try {
      await write(lease, spec);
    } catch (error) {
      if (tries === 1 || !isKubeStatus(error, 409)) throw error;
      await change(next, tries - 1);
    }
  }

  return { read, write, change: (next) => change(next) };
}
