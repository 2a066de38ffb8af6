/**
 * What to do next with the certificates in the Secret: pure, so that every path through a rotation can be tried.
 *
 * A CA is replaced in four steps, each one write of the Secret. A next CA is introduced: clients are told to trust it
 * (it is in every caBundle), and nobody serves with it. After the overlap it is switched to: a serving certificate by
 * it is issued, the old CA stays trusted as the previous one, for replicas that have not read the Secret yet. After
 * another overlap the previous one is retired. Between two steps every serving certificate that any replica may still
 * use is trusted by every client that may still remember the last caBundle.
 */

/** Lifetimes of what is issued, in milliseconds. */
export interface RotationPolicy {
  readonly authorityLifetime: number;
  /** A next CA is introduced when the current one has less than this left. More than two overlaps. */
  readonly renewAuthorityBefore: number;
  readonly servingLifetime: number;
  readonly renewServingBefore: number;
  /** Longer than it takes any replica to read the Secret and any API server to see a caBundle. */
  readonly overlap: number;
}

const hour = 3_600_000;
const day = 24 * hour;

export const defaultRotationPolicy: RotationPolicy = {
  authorityLifetime: 365 * day,
  renewAuthorityBefore: 120 * day,
  servingLifetime: 90 * day,
  renewServingBefore: 30 * day,
  overlap: hour,
};

/** What is known of the Secret. Instants are milliseconds since 1970. */
export interface RotationFacts {
  /** The CA that signs now. `canSign`: its key is there and fits. */
  readonly authority?: { readonly notAfter: number; readonly canSign: boolean };
  /** `usable`: key and certificate fit, it is by this authority, and good for every name. */
  readonly serving?: { readonly notAfter: number; readonly usable: boolean };
  readonly next?: { readonly notAfter: number; readonly canSign: boolean; readonly introducedAt: number };
  readonly previous?: { readonly replacedAt: number };
  /**
   * Since when every caBundle is known to hold all the CAs of the Secret; absent while one does not. That a next CA
   * was introduced long ago means nothing where its way into the configurations failed until now.
   */
  readonly bundlesCompleteSince?: number;
}

export type RotationAction =
  | 'none'
  /** Begin anew, with a CA that nobody trusts yet: only when nothing that is there can be used. */
  | 'create'
  | 'renew-serving'
  | 'introduce-next'
  | 'switch-to-next'
  | 'retire-previous';

/** The next step, one at a time; after it has been written, ask again. */
export function nextRotationAction(
  facts: RotationFacts,
  now: number,
  policy: RotationPolicy,
): RotationAction {
  const { authority, serving, next, previous } = facts;
  const canSign = authority !== undefined && authority.canSign && now < authority.notAfter;
  const nextCanSign = next !== undefined && next.canSign && now < next.notAfter;
  const trustedSince =
    next === undefined || facts.bundlesCompleteSince === undefined
      ? undefined
      : Math.max(next.introducedAt, facts.bundlesCompleteSince);
  const isServing =
    serving !== undefined &&
    serving.usable &&
    now < serving.notAfter &&
    authority !== undefined &&
    now < authority.notAfter;

  if (!isServing) {
    if (canSign) return 'renew-serving';
    return nextCanSign ? 'switch-to-next' : 'create';
  }
  if (nextCanSign && trustedSince !== undefined && now >= trustedSince + policy.overlap)
    return 'switch-to-next';
  if (previous !== undefined && now >= previous.replacedAt + policy.overlap) return 'retire-previous';
  const authorityEnds = !canSign || authority.notAfter - now < policy.renewAuthorityBefore;
  if (authorityEnds && !nextCanSign) return 'introduce-next';
  if (canSign && serving.notAfter - now < policy.renewServingBefore) {
    // A certificate never outlives its CA: near the CA's end a new one would gain nothing, again and again.
    const renewedUntil = Math.min(now + policy.servingLifetime, authority.notAfter);
    if (renewedUntil - serving.notAfter > policy.renewServingBefore / 2) return 'renew-serving';
  }
  return 'none';
}
