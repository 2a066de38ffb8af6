import type { KubeObject } from './kube-object.ts';

/** Source: coordination.k8s.io/v1 `Lease`. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** Source: coordination.k8s.io/v1 `LeaseSpec`. */
export interface LeaseSpec {
  /** Who leads; empty or absent: nobody. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export const leaseKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
} as const;

/** Who holds a lease, or undefined for nobody. */
export function holderOf(lease: Lease | undefined): string | undefined {
  return lease?.spec?.holderIdentity || undefined;
}

/** The spec of a lease that `identity` takes or renews at a time of day. */
export function heldSpec(
  before: LeaseSpec | undefined,
  identity: string,
  leaseDurationMilliseconds: number,
  at: Date,
): LeaseSpec {
  const renewed = before?.holderIdentity === identity;
  const transitions = before?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMilliseconds / 1000),
    acquireTime: (renewed ? before.acquireTime : undefined) ?? microTime(at),
    renewTime: newTime(before?.renewTime, at),
    leaseTransitions: before === undefined || renewed ? transitions : transitions + 1,
  };
}

/**
 * The spec of a lease that its holder gives back: the next one need not wait for its end. Source: client-go's
 * `LeaderElector.release`.
 */
export function releasedSpec(before: LeaseSpec | undefined, at: Date): LeaseSpec {
  return {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: newTime(before?.renewTime, at),
    leaseTransitions: before?.leaseTransitions ?? 0,
  };
}

/** Another one than before, even where the clock stands still: a write that changes nothing is seen by nobody. */
function newTime(before: string | undefined, at: Date): string {
  const time = microTime(at);
  return time === before ? microTime(new Date(at.getTime() + 1)) : time;
}

/** Source: meta/v1 `RFC3339Micro`. */
function microTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}
