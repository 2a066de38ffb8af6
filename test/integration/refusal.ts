import { type KubeStatus, KubeStatusError } from '../../src/kube/kube-status-error.ts';

/** What the API server answers to a request that it must refuse. Rejects where it grants it, or gives no answer. */
export async function refusalOf(request: Promise<unknown>): Promise<KubeStatus> {
  try {
    await request;
  } catch (error) {
    if (error instanceof KubeStatusError) return error.status;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** What became of requests that were made at once. */
export interface Outcomes<Answer> {
  readonly granted: readonly Answer[];
  readonly refused: readonly KubeStatus[];
}

/** Waits for all; rejects where one got no answer. */
export async function outcomesOf<Answer>(requests: readonly Promise<Answer>[]): Promise<Outcomes<Answer>> {
  const granted: Answer[] = [];
  const refused: KubeStatus[] = [];
  for (const settled of await Promise.allSettled(requests)) {
    if (settled.status === 'fulfilled') granted.push(settled.value);
    else if (settled.reason instanceof KubeStatusError) refused.push(settled.reason.status);
    else throw settled.reason;
  }
  return { granted, refused };
}

/** The reasons in a refusal's causes. */
export function causesOf({ details }: KubeStatus): (string | undefined)[] {
  return (details?.causes ?? []).map(({ reason }) => reason);
}
