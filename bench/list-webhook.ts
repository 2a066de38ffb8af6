/** A webhook that lists the workflow's executions on each request and counts them, as policy engines do. */
import { kubernetesExecutionKind, workflowLabel } from '../src/api/names.ts';
import { isSettledExecutionPhase } from '../src/api/phase.ts';
import type { KubeObject } from '../src/kube/kube-object.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { allowed, deny } from '../src/policy/verdict.ts';
import { startComparedWebhook } from './compared-webhook.ts';

interface Execution extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** As high as that of the webhook it is compared with. */
const limit = 10_000;

await startComparedWebhook((client) => async ({ namespace, object }) => {
  const workflow = object?.metadata?.labels?.[workflowLabel] ?? '';
  const { items } = await client.request<{ readonly items: readonly Execution[] }>({
    method: 'GET',
    path: resourcePath(kubernetesExecutionKind, { namespace }),
    query: { labelSelector: `${workflowLabel}=${workflow}` },
  });
  const active = items.filter(({ status }) => !isSettledExecutionPhase(status?.phase));
  if (active.length < limit) return allowed;
  const message = `workflow ${workflow} has ${active.length} active executions`;
  return deny(429, 'TooManyRequests', message, [{ reason: 'ParallelLimitReached', message }]);
});
