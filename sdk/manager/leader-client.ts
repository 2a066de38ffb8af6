import type { KubeClient } from '../../src/kube/kube-client.ts';
import { LeadershipLostError } from '../../src/kube/leadership-errors.ts';

/**
 * A client that writes for a leader alone: after a process was paused, what it was about to write is not sent.
 * Reading is free. A refused write rejects with LeadershipLostError.
 */
export function leaderClient(client: KubeClient, leads: () => boolean): KubeClient {
  return {
    async request(request) {
      if (request.method !== 'GET' && !leads()) {
        throw new LeadershipLostError(`${request.method} was not sent, because this process does not lead`);
      }
      return client.request(request);
    },
    stream: (request) => client.stream(request),
    close: () => client.close(),
  };
}
