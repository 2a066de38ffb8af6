import { workflowExecutionKind } from '../../src/api/names.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { shrinkWorkflow, type StoredWorkflow } from './cached-workflow.ts';
import type { ReconcileTurn } from './reconcile-turn.ts';
import type { Fields } from './recorded-status.ts';

/**
 * Writes the fields into the status, if the workflow is still the one that they were made from.
 * `conflict`: somebody has written it since, and the cache will show that; `gone`: there is none any more.
 */
export async function writeStatus(
  turn: ReconcileTurn,
  status: Fields,
): Promise<'written' | 'conflict' | 'gone'> {
  const { client, namespace, name, workflow, memory, signal } = turn;
  const { resourceVersion } = workflow.metadata;
  try {
    const written = await client.request<StoredWorkflow>({
      method: 'PATCH',
      path: resourcePath(workflowExecutionKind, { namespace, name, subresource: 'status' }),
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion }, status },
      signal,
    });
    memory.written.wrote(shrinkWorkflow(written, workflow));
    return 'written';
  } catch (error) {
    if (isKubeStatus(error, 409)) return 'conflict';
    if (isKubeStatus(error, 404)) return 'gone';
    throw error;
  }
}
