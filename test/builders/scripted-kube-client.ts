import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';

/** A client of no API server: each request is answered by a function, and remembered. */
export interface ScriptedKubeClient extends KubeClient {
  readonly requests: readonly KubeRequest[];
}

/** A client whose requests `answer` answers; what that throws, the request rejects with. It has no streams. */
export function scriptKubeClient(answer: (request: KubeRequest) => unknown): ScriptedKubeClient {
  const requests: KubeRequest[] = [];
  return {
    requests,
    async request<Answer>(request: KubeRequest): Promise<Answer> {
      requests.push(request);
      return answer(request) as Answer;
    },
    async stream() {
      throw new Error('a scripted client has no streams');
    },
    close() {},
  };
}

/** A refusal as the client throws it; by default without causes. */
export function refusal(
  code: number,
  reason: string,
  causes?: readonly { reason: string }[],
): KubeStatusError {
  return new KubeStatusError({
    code,
    reason,
    message: `scripted ${code}`,
    ...(causes === undefined ? {} : { details: { causes } }),
  });
}
