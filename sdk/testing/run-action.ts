import type { Action, ActionContext, ActionExecution, UndoneExecution } from '../../src/plugin/action.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeLogger } from '../../src/kube/kube-logger.ts';

/** What an action under test is run with. */
export interface RunActionOptions {
  /** As a step has them; the action's schema parses them first. */
  readonly parameters: unknown;
  /** A fake, or a client of a real API server. */
  readonly kube: KubeClient;
  /** Aborts the run, as a timeout would. */
  readonly signal?: AbortSignal;
  /** What differs from execution `test-step-1` of workflow `test` in namespace `default`. */
  readonly execution?: Partial<ActionExecution>;
  /** What an earlier attempt has remembered. */
  readonly remembered?: unknown;
  readonly logger?: KubeLogger;
}

/** What came of a run. */
export interface ActionOutcome {
  /** What the action returned, as `status.result` would hold it. */
  readonly result: unknown;
  /** What it remembered last, else what had been remembered before. */
  readonly remembered: unknown;
}

/** The parameters do not fit the action's schema: neither would a step with them be admitted. */
export class ParametersError extends Error {
  readonly code = 'Parameters';
  /** One sentence for each field that does not fit. */
  readonly problems: readonly string[];

  constructor(action: string, problems: readonly string[]) {
    super(`parameters of ${action}: ${problems.join('; ')}`);
    this.name = 'ParametersError';
    this.problems = problems;
  }
}

/**
 * Runs an action as a controller does: parameters through its schema, then `run`. Results pass through JSON, as they
 * do on their way into a status.
 *
 * @throws ParametersError, and whatever the action throws
 * @example
 * const kube = fakeKube({ objects: [deployment] });
 * await runAction(restart, { parameters: { deployment: 'checkout' }, kube });
 */
export async function runAction<Parameters>(
  action: Action<Parameters>,
  options: RunActionOptions,
): Promise<ActionOutcome> {
  const { context, outcome } = prepared(action, options);
  return outcome(await action.run(context));
}

/**
 * Undoes what a run did, as the rollback of its step would.
 *
 * @param options `result` is what the run returned or remembered; `undone` says which execution that was, by default
 * `test-step-1`, created before anything else
 * @throws RangeError where the action has no rollback; ParametersError, and whatever the action throws
 */
export async function rollbackAction<Parameters>(
  action: Action<Parameters>,
  options: RunActionOptions & { readonly result: unknown; readonly undone?: UndoneExecution },
): Promise<ActionOutcome> {
  if (action.rollback === undefined) throw new RangeError(`action ${action.name} has no rollback`);
  const { context, outcome } = prepared(action, options);
  const { undone = { name: execution.name, createdAt: '1970-01-01T00:00:00Z' } } = options;
  return outcome(await action.rollback({ ...context, result: throughJson(options.result), undone }));
}

function prepared<Parameters>(action: Action<Parameters>, options: RunActionOptions) {
  const { kube, signal = new AbortController().signal, logger = silent } = options;
  let remembered = throughJson(options.remembered);
  const context: ActionContext<Parameters> = {
    parameters: parsed(action, options.parameters),
    kube,
    signal,
    logger,
    execution: { ...execution, ...options.execution },
    whileWaiting: async (wait) => wait(),
    remember: async (result) => void (remembered = throughJson(result)),
    // What it remembers now is for the next attempt.
    remembered,
  };
  const outcome = (result: unknown): ActionOutcome => ({ result: throughJson(result), remembered });
  return { context, outcome };
}

function parsed<Parameters>(action: Action<Parameters>, parameters: unknown): Parameters {
  const { success, data, error } = action.parameters.safeParse(throughJson(parameters));
  if (success) return data;
  throw new ParametersError(
    action.name,
    error.issues.map(({ path, message }) => `${path.join('.') || 'parameters'}: ${message}`),
  );
}

/** @throws TypeError for what JSON cannot carry */
function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null');
}

const execution: ActionExecution = {
  namespace: 'default',
  name: 'test-step-1',
  uid: '00000000-0000-4000-8000-000000000001',
  workflow: 'test',
  stepNumber: 1,
  attempt: 1,
  serviceAccountName: 'stepgate-runner',
};

const silent: KubeLogger = { debug() {}, info() {}, warn() {}, error() {} };
