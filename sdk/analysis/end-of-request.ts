import { isDeclaredExpired } from '../../src/policy/analysis/request-expiry.ts';
import type { CachedRequest } from './stored-analysis.ts';

/** A person has decided. */
export interface Decided {
  readonly kind: 'Approved' | 'Rejected';
  readonly by: string;
  /** RFC 3339. */
  readonly at: string | undefined;
  /** What the person has said. */
  readonly message: string | undefined;
}

/** How a request for approval has ended. */
export type EndOfRequest = Decided | { readonly kind: 'Expired' };

/**
 * Undefined while it waits. A decision counts only where the webhook has stamped who made it: what was written while
 * nobody checked is none. One that was made in time is not outlived by the expiry.
 */
export function endOfRequest({ status }: Pick<CachedRequest, 'status'>): EndOfRequest | undefined {
  const { decision, decidedBy, decidedAt, decidedUnder, message } = status ?? {};
  if (decision !== undefined && decidedBy && decidedUnder)
    return { kind: decision, by: decidedBy, at: decidedAt, message };
  return isDeclaredExpired(status) ? { kind: 'Expired' } : undefined;
}
