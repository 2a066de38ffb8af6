import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';

/** The client for one attempt: its requests end with the attempt, whether or not the action hands on the signal. */
export function attemptClient(client: KubeClient, signal: AbortSignal): KubeClient {
  const bound = (request: KubeRequest): KubeRequest => {
    signal.throwIfAborted();
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
