import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { isNotYetReady } from './not-yet-ready.ts';

/** What became of what a request asked for: it was not done; or it may have been, or may yet be. */
export type Unanswered = 'not-done' | 'unknown';

/**
 * For an error that says nothing of what was asked for, because the API server is away, starts, has too much to do or
 * is itself at fault. Undefined: it is an answer, or something else.
 */
export function unanswered(thrown: unknown): Unanswered | undefined {
  if (thrown instanceof KubeConnectionError) {
    switch (thrown.reason) {
      case 'unreachable':
        return 'not-done';
      case 'broken':
      case 'timeout':
        return 'unknown';
      case 'credentials':
        return unanswered(thrown.cause) && 'not-done';
      case 'aborted':
      case 'too-large':
      case 'not-json':
      case 'closed':
        return undefined;
    }
  }
  if (!(thrown instanceof KubeStatusError)) return undefined;
  const { code, reason, message } = thrown.status;
  // 401: a good token too, where the API server cannot read its ServiceAccount at the moment.
  if (code === 429 || code === 401 || isNotYetReady(thrown)) return 'not-done';
  if (code < 500) return undefined;
  if (beforeStorage.test(message)) return 'not-done';
  return code > 500 || reason === 'ServerTimeout' || behindApiServer.test(message) ? 'unknown' : undefined;
}

/** Admission comes before anything is stored. Source: apiserver `webhook/errors/statuserror.go`, `webhook/validating/dispatcher.go`. */
const beforeStorage = /failed calling webhook|^admission webhook "[^"]*" denied the request/;

/**
 * A 500 may say that the request makes no sense, as one that applies an unknown field; or it hands on what etcd said,
 * which may have stored what it did not confirm. Source: `Error` in go.etcd.io/etcd/api/v3 v3rpc/rpctypes, grpc `status`.
 */
const behindApiServer = /^etcdserver: (?!request is too large)|^rpc error: code = |context deadline exceeded/;
