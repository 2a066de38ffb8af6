import { isKubeStatus } from './kube-status-error.ts';

/**
 * True for what admission says, ten seconds after the request came, in an API server that has just started: a 403 that
 * is no refusal. Source: `WaitForReady` in apiserver pkg/admission/handler.go.
 */
export function isNotYetReady(error: unknown): boolean {
  return isKubeStatus(error, 403) && error.status.message.includes('not yet ready to handle request');
}
