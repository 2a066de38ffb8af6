import { KubePathError } from './kube-path-error.ts';
import { isKubeStatus } from './kube-status-error.ts';

/**
 * True for an error that says that an object which was read by its name is not there: the API server has none, or the name
 * is one that no object can have.
 */
export function isAbsent(error: unknown): boolean {
  return isKubeStatus(error, 404) || error instanceof KubePathError;
}
