import type { Clock } from './clock.ts';
import { holderOf, type Lease } from './lease.ts';

/** What a candidate has seen of its lease. Only the own clock counts: times in a lease are for people. */
export interface LeaseObservation {
  /** The lease as it was just read or written; undefined: there is none. */
  see(lease: Lease | undefined): void;
  readonly lease: Lease | undefined;
  /**
   * When another candidate's hold ends unless it renews, on the clock's `now`; undefined when nobody else has it.
   * A lease that was held and is gone counts as held: its holder may not know yet.
   */
  heldUntil(identity: string): number | undefined;
}

/**
 * A hold lasts for its duration after the last change that was seen here: whoever renews has written, and so has
 * begun, before that. Source: `observedTime` of client-go's LeaderElector.
 *
 * @param defaultDurationMilliseconds for leases that do not say theirs
 */
export function createLeaseObservation(clock: Clock, defaultDurationMilliseconds: number): LeaseObservation {
  let current: Lease | undefined;
  let hold: { readonly holder: string; readonly until: number } | undefined;
  return {
    see(lease) {
      const before = current;
      current = lease;
      if (lease === undefined) return;
      const { uid, resourceVersion } = lease.metadata;
      if (before?.metadata.uid === uid && before.metadata.resourceVersion === resourceVersion) return;
      const holder = holderOf(lease);
      const seconds = lease.spec?.leaseDurationSeconds;
      const duration = seconds === undefined ? defaultDurationMilliseconds : seconds * 1000;
      hold = holder === undefined ? undefined : { holder, until: clock.now() + duration };
    },
    get lease() {
      return current;
    },
    heldUntil(identity) {
      return hold === undefined || hold.holder === identity || hold.until <= clock.now()
        ? undefined
        : hold.until;
    },
  };
}
