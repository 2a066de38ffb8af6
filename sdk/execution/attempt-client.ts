import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';
import { LeadershipLostError } from '../../src/kube/leadership-errors.ts';

/**
 * The client for one attempt: its requests end with the attempt, whether or not the action hands on the signal. A
 * process that was paused may learn late that it leads no more: it writes nothing then.
 */
export function attemptClient(client: KubeClient, signal: AbortSignal, leads: () => boolean): KubeClient {
  const bound = (request: KubeRequest): KubeRequest => {
    signal.throwIfAborted();
    if (request.method !== 'GET' && !leads())
      throw new LeadershipLostError(`${request.method} was not sent, because this process does not lead`);
    return {
      ...request,
      signal:
        request.signal === undefined || request.signal === signal
          ? signal
          : AbortSignal.any([request.signal, signal]),
    };
  };
  return {
    request: async (request) => client.request(bound(request)),
    stream: async (request) => client.stream(bound(request)),
    close() {},
  };
}
