import type { Clock } from './clock.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeLogger } from './kube-logger.ts';
import { holderOf, type Lease, leaseKind } from './lease.ts';
import { startReflector } from './reflector.ts';

/** Tells when a lease is free; the function it returns ends that. */
export type LeaseWatch = (free: () => void) => () => Promise<void>;

export interface LeaseWatchOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger?: KubeLogger;
}

/** Watches one lease for the moment in which nobody holds it. */
export function watchLease({ name, ...options }: LeaseWatchOptions): LeaseWatch {
  return (free) => {
    const see = (lease: Lease | undefined): void => {
      if (holderOf(lease) === undefined) free();
    };
    const reflector = startReflector<Lease>({
      ...options,
      kind: leaseKind,
      fieldSelector: `metadata.name=${name}`,
      handler: {
        replaced: (leases) => see(leases.at(0)),
        added: see,
        modified: see,
        deleted: () => see(undefined),
        progressed: () => undefined,
      },
    });
    return () => reflector.stop();
  };
}
