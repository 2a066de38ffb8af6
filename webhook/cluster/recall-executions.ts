import { kubernetesExecutionKind } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { acceptHeader, selectionRequest } from '../../src/kube/selection.ts';
import type { ObservedExecution } from '../journal/execution-view.ts';
import { observeExecution } from './observed-execution.ts';

const pageSize = 500;

interface Page {
  readonly items?: readonly KubeObject[] | null;
  readonly metadata: { readonly continue?: string };
}

/**
 * Tells a replica that starts of the executions that have settled before: the watch does not show them, and a
 * create of such a name would be admitted, fail, and hold its slot for a lifetime. At most `most` are told; the
 * others cost a slot for a while, never the limit.
 * @throws what the client throws
 */
export async function recallExecutions(
  client: KubeClient,
  tell: (execution: ObservedExecution) => void,
  most: number,
  signal: AbortSignal,
): Promise<void> {
  const selection = { kind: kubernetesExecutionKind, metadataOnly: true };
  const { path } = selectionRequest(selection);
  let told = 0;
  let token = '';
  do {
    const query = { limit: String(pageSize), ...(token === '' ? {} : { continue: token }) };
    const accept = acceptHeader(selection, 'list');
    const page = await client.request<Page>({ method: 'GET', path, query, accept, signal });
    for (const item of page.items ?? []) tell(observeExecution(item));
    told += page.items?.length ?? 0;
    token = page.metadata.continue ?? '';
  } while (token !== '' && told < most);
}
