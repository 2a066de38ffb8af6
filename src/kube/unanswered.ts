import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';

/**
 * What was thrown because the API server is away, starts, or has too much to do: it says nothing of the action.
 * `not-done`: what the request asked for was not done; `unknown`: it may have been, or may yet be. Undefined: it is
 * something else.
 */
export function unanswered(thrown: unknown): 'not-done' | 'unknown' | undefined {
  if (thrown instanceof KubeConnectionError) {
    if (thrown.reason === 'unreachable') return 'not-done';
    return thrown.reason === 'broken' || thrown.reason === 'timeout' ? 'unknown' : undefined;
  }
  if (!(thrown instanceof KubeStatusError)) return undefined;
  const { code, reason } = thrown.status;
  if (code === 429 || code === 503) return 'not-done';
  // Source: apimachinery pkg/api/errors `NewTimeoutError`, and `NewServerTimeout`, whose code is 500.
  return code === 504 || reason === 'ServerTimeout' ? 'unknown' : undefined;
}
