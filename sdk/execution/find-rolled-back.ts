import { isDeepStrictEqual } from 'node:util';
import { kubernetesExecutionKind, rollbackOfAnnotation } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { workflowOf } from '../parallel/workflow-of.ts';
import type { UndoneExecution } from '../../src/plugin/action.ts';
import { checkedResult } from './action-result.ts';
import { failureMessage } from './failure-message.ts';
import type { StoredExecution } from './stored-execution.ts';

/** What a rollback undoes, or why it cannot. */
export type RolledBack =
  | { readonly found: true; readonly undone: UndoneExecution; readonly result: unknown }
  | { readonly found: false; readonly message: string };

/**
 * The execution that another one names as what it undoes, by a quorum GET: it must be of the same workflow, have done the
 * very same (step, action, parameters, account), be no rollback itself, and be settled. Its result is no larger than ours
 * are.
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
  if (message !== undefined)
    return { found: false, message: `${name} cannot be rolled back by this execution: ${message}` };
  try {
    const { creationTimestamp: createdAt } = undone.metadata;
    return { found: true, undone: { name, createdAt }, result: checkedResult(undone.status?.result) };
  } catch (error) {
    return { found: false, message: `The result of ${name} cannot be used. ${failureMessage(error)}` };
  }
}

function misfit(execution: StoredExecution, undone: StoredExecution): string | undefined {
  const [ours, theirs] = [workflowOf(execution), workflowOf(undone)];
  if (ours !== theirs)
    return `it belongs to the workflow ${theirs ?? 'of no name'}, not to ${ours ?? 'ours'}.`;
  const [action, other] = [execution.spec?.action, undone.spec?.action];
  if (action !== other) return `its action is ${other}, not ${action}.`;
  if (undone.metadata.annotations?.[rollbackOfAnnotation] !== undefined) return 'it is a rollback itself.';
  for (const field of ['stepNumber', 'parameters', 'serviceAccountName', 'targetCluster'] as const)
    if (!isDeepStrictEqual(execution.spec?.[field], undone.spec?.[field]))
      return `its spec.${field} is not the same.`;
  if (!isSettledExecutionPhase(undone.status?.phase)) return 'it has not settled.';
  return undefined;
}
