import { kubernetesExecutionKind, type ResourceKind, workflowExecutionKind } from '../../src/api/names.ts';
import { isAbsent } from '../../src/kube/is-absent.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import type { CachedExecution } from './cached-execution.ts';
import type { StoredWorkflow } from './cached-workflow.ts';

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** The execution as it is now, by a quorum read; undefined where there is none. */
export function lookUpExecution(
  client: KubeClient,
  at: Place,
  signal: AbortSignal,
): Promise<CachedExecution | undefined> {
  return lookUp<CachedExecution>(client, kubernetesExecutionKind, at, signal);
}

/** The workflow as it is now, by a quorum read; undefined where there is none. */
export function lookUpWorkflow(
  client: KubeClient,
  at: Place,
  signal: AbortSignal,
): Promise<StoredWorkflow | undefined> {
  return lookUp<StoredWorkflow>(client, workflowExecutionKind, at, signal);
}

async function lookUp<Answer>(
  client: KubeClient,
  kind: ResourceKind,
  at: Place,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  try {
    return await client.request<Answer>({ method: 'GET', path: resourcePath(kind, at), signal });
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
