import type { KubeClient } from '../../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../../src/kube/kube-status-error.ts';

/** An object as it is stored. */
export function readObject<Answer>(client: KubeClient, path: string): Promise<Answer> {
  return client.request<Answer>({ method: 'GET', path });
}

/** What tells one version of an object from another, though nothing that anybody asked for differs. */
const versions = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'];

/** An object without its version and its status; undefined where there is none. */
export async function stateOf(client: KubeClient, path: string): Promise<unknown> {
  try {
    const {
      status: _status,
      metadata,
      ...rest
    } = await readObject<{
      readonly metadata: object;
      readonly status?: unknown;
    }>(client, path);
    const kept = Object.entries(metadata).filter(([field]) => !versions.includes(field));
    return { ...rest, metadata: Object.fromEntries(kept) };
  } catch (error) {
    if (isKubeStatus(error, 404)) return undefined;
    throw error;
  }
}
