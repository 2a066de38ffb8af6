import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { WatchError } from './watch-error.ts';

/** Why an initial list was needed, in few values, for a metric's label. `closed`: the watch ended in order. */
export type RelistReason =
  | 'started'
  | 'closed'
  | 'expired'
  | 'throttled'
  | 'unauthorized'
  | 'not-found'
  | 'refused'
  | 'server-error'
  | 'connection'
  | 'timeout'
  | WatchError['reason']
  | 'unknown';

/** The reason for the list that follows an error. */
export function relistReason(error: unknown): RelistReason {
  if (error instanceof WatchError) return error.reason;
  if (error instanceof KubeConnectionError) return error.reason === 'timeout' ? 'timeout' : 'connection';
  if (!(error instanceof KubeStatusError)) return 'unknown';
  const { code } = error.status;
  if (code === 410) return 'expired';
  if (code === 429) return 'throttled';
  if (code === 401) return 'unauthorized';
  if (code === 404) return 'not-found';
  return code >= 500 ? 'server-error' : 'refused';
}

/** How long the API server asks us to stay away, in milliseconds; 0 when it does not, never over `most`. */
export function retryAfterMilliseconds(error: unknown, most: number): number {
  if (!(error instanceof KubeStatusError)) return 0;
  const seconds = error.status.details?.retryAfterSeconds ?? 0;
  return Math.min(Math.max(seconds, 0) * 1000, most);
}
