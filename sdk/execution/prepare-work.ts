import { rollbackOfAnnotation } from '../../src/api/names.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { Action, ActionContext } from '../../src/plugin/action.ts';
import { findRolledBack } from './find-rolled-back.ts';
import { parseParameters } from './parse-parameters.ts';
import type { StoredExecution } from './stored-execution.ts';

/** What an execution is to do, ready to be attempted; or why it never can be. */
export type PreparedWork =
  | {
      readonly ready: true;
      readonly run: (context: Omit<ActionContext<unknown>, 'parameters'>) => Promise<unknown>;
      /** `rolled back x`, for the message of the settled execution; absent for a run. */
      readonly undid?: string;
    }
  | { readonly ready: false; readonly message: string };

/**
 * Checks what can be checked before anything runs.
 * @throws KubeStatusError, KubeConnectionError where the execution to undo cannot be read
 */
export async function prepareWork(
  client: KubeClient,
  action: Action,
  execution: StoredExecution,
  signal: AbortSignal,
): Promise<PreparedWork> {
  const parsed = parseParameters(action, execution.spec?.parameters);
  if (!parsed.fits) return { ready: false, message: parsed.message };
  const { parameters } = parsed;
  const undone = execution.metadata.annotations?.[rollbackOfAnnotation];
  if (undone === undefined)
    return { ready: true, run: async (context) => action.run({ ...context, parameters }) };
  if (action.rollback === undefined)
    return { ready: false, message: `The action ${action.name} has no rollback: it cannot be undone.` };
  const rolledBack = await findRolledBack(client, execution, undone, signal);
  if (!rolledBack.found) return { ready: false, message: rolledBack.message };
  const { result } = rolledBack;
  return {
    ready: true,
    run: async (context) => action.rollback?.({ ...context, parameters, result }),
    undid: undone,
  };
}
