import { rollbackOfAnnotation } from '../../src/api/names.ts';
import { createBackoff } from '../../src/kube/backoff.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { objectKey } from '../../src/kube/kube-object.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import type { Action } from '../../src/plugin/action.ts';
import type { AttemptContext } from './attempt-execution.ts';
import { failureMessage } from './failure-message.ts';
import { findRolledBack } from './find-rolled-back.ts';
import { parseParameters } from './parse-parameters.ts';
import type { RunDependencies } from './run-dependencies.ts';
import type { StoredExecution } from './stored-execution.ts';

/** What an execution is to do, ready to be attempted. */
export interface ReadyWork {
  readonly ready: true;
  readonly run: (context: AttemptContext) => Promise<unknown>;
  /** Name of the execution that is rolled back; absent for a run. */
  readonly undid?: string;
}

/** The same, or why it never can be. */
export type PreparedWork = ReadyWork | { readonly ready: false; readonly message: string };

/**
 * Checks what can be checked before anything runs. An API server that is away is waited for: an execution is not
 * failed because another one could not be read.
 * @throws the signal's reason
 */
export async function whenPrepared(
  action: Action,
  execution: StoredExecution,
  { client, clock, random, logger }: RunDependencies,
  signal: AbortSignal,
): Promise<PreparedWork> {
  const backoff = createBackoff({ initialMilliseconds: 200, maximumMilliseconds: 10_000, factor: 2 }, random);
  for (;;) {
    try {
      return await prepareWork(client, action, execution, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isKubeStatus(error, 403)) return { ready: false, message: failureMessage(error) };
      const facts = { execution: objectKey(execution.metadata), err: error };
      logger.warn(facts, 'The execution to undo could not be read; trying again');
    }
    await clock.sleep(backoff.next(), signal);
  }
}

async function prepareWork(
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
  const { result, undone: rolledBackExecution } = rolledBack;
  return {
    ready: true,
    run: async (context) =>
      action.rollback?.({ ...context, parameters, result, undone: rolledBackExecution }),
    undid: undone,
  };
}
