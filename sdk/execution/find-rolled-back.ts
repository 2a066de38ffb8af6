import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { workflowOf } from '../parallel/workflow-of.ts';
import type { StoredExecution } from './stored-execution.ts';

/** What a rollback undoes, or why it cannot. */
export type RolledBack =
  | { readonly found: true; readonly name: string; readonly result: unknown }
  | { readonly found: false; readonly message: string };

/**
 * The execution that another one names as what it undoes, by a quorum GET: it must be of the same workflow, have the
 * same action, and be settled.
 * @throws KubeStatusError, KubeConnectionError as the client does
 */
export async function findRolledBack(
  client: KubeClient,
  execution: StoredExecution,
  name: string,
  signal: AbortSignal,
): Promise<RolledBack> {
  const { namespace } = execution.metadata;
  let undone: StoredExecution;
  try {
    const path = resourcePath(kubernetesExecutionKind, { namespace, name });
    undone = await client.request<StoredExecution>({ method: 'GET', path, signal });
  } catch (error) {
    if (error instanceof RangeError || isKubeStatus(error, 404))
      return { found: false, message: `There is no execution "${name}" that could be rolled back.` };
    throw error;
  }
  const message = misfit(execution, undone);
  return message === undefined
    ? { found: true, name, result: undone.status?.result }
    : { found: false, message: `${name} cannot be rolled back by this execution: ${message}` };
}

function misfit(execution: StoredExecution, undone: StoredExecution): string | undefined {
  const [ours, theirs] = [workflowOf(execution), workflowOf(undone)];
  if (ours !== theirs)
    return `it belongs to the workflow ${theirs ?? 'of no name'}, not to ${ours ?? 'ours'}.`;
  const [action, other] = [execution.spec?.action, undone.spec?.action];
  if (action !== other) return `its action is ${other}, not ${action}.`;
  if (!isSettledExecutionPhase(undone.status?.phase)) return 'it has not settled.';
  return undefined;
}
