import type { KubeClient, KubeRequest } from '../../src/kube/kube-client.ts';

/** An answer, and the API server's time of day when it gave it. */
export interface DatedAnswer<Answer> {
  readonly answer: Answer;
  /**
   * Milliseconds since 1970 by the clock of the API server, which also writes creation times: a whole second, never
   * later than it was. Undefined where a proxy has left it out.
   */
  readonly at: number | undefined;
}

/** Sends a request and reads the date of its answer. @throws what `client.request` throws */
export async function datedRequest<Answer>(
  client: KubeClient,
  request: KubeRequest,
): Promise<DatedAnswer<Answer>> {
  let date: string | undefined;
  const answer = await client.request<Answer>({
    ...request,
    onHeaders(headers) {
      date = headers.date;
    },
  });
  const at = Date.parse(date ?? '');
  return { answer, at: Number.isNaN(at) ? undefined : at };
}
