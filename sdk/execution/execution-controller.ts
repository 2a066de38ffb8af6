import { defaultServiceAccountName, kubernetesExecutionKind } from '../../src/api/names.ts';
import { activeExecutionFieldSelector, isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { BackoffPolicy } from '../../src/kube/backoff.ts';
import { createExecutionMetrics } from '../../src/observability/execution-metrics.ts';
import { type ActionRegistry, createActionRegistry } from '../../src/plugin/action-registry.ts';
import type { Plugin } from '../../src/plugin/plugin.ts';
import type { StrayErrors } from '../../src/plugin/stray-errors.ts';
import { builtInActions } from '../actions/built-in-actions.ts';
import type { Controller, ControllerContext, ControllerSetup } from '../controller/controller.ts';
import type { ActionCode } from './action-code.ts';
import { executionChanged } from './execution-changed.ts';
import { createExecutionRuns } from './execution-runs.ts';
import { createServiceAccountClients } from './service-account-clients.ts';
import type { StoredExecution } from './stored-execution.ts';

/** How executions are run. */
export interface ExecutionControllerOptions {
  /** Actions beside the built-in ones. */
  readonly plugins?: readonly Plugin[];
  /**
   * Actions of one plugin that run at the same time, default 64; more wait, namespaces in turn. Each plugin has
   * places of its own, so that one whose actions hang takes them from no other.
   */
  readonly concurrency?: number;
  /**
   * ServiceAccount that actions act as where the execution names none, default `stepgate-runner`. Whoever may create
   * executions in a namespace acts as it: admission asks for no right to use the default one.
   */
  readonly defaultServiceAccount?: string;
  /**
   * What becomes of executions with an action that nobody here has. `fail`, the default: they fail with a message that
   * names the known ones. `ignore`: they are left to other controllers.
   */
  readonly unknownActions?: 'fail' | 'ignore';
  /**
   * Names that this cluster has in `spec.targetCluster`. An execution for another cluster is no action of this one: it
   * is treated as `unknownActions` says. Default none; an execution that names no cluster is always for this one.
   */
  readonly clusterNames?: readonly string[];
  /** Waits between the attempts of one execution; default 1 s, doubled, up to 60 s, with jitter. */
  readonly retryBackoff?: BackoffPolicy;
  /** How long an action may take to stop once it is told to, default 4,000: less than a manager waits for
   * its controllers. */
  readonly graceMilliseconds?: number;
  /** Knows errors that plugin code lets go of after it has returned; see `catchStrayErrors`. */
  readonly strayErrors?: Pick<StrayErrors<ActionCode>, 'within' | 'listen'>;
}

/**
 * A controller that runs KubernetesExecutions: their action, as the ServiceAccount of their namespace, until they are
 * settled. The built-in actions are always there.
 *
 * @example createManager({ controllers: [workflowController(), executionController({ plugins: [acme] })] })
 * @throws PluginError `PluginDuplicate` where two plugins have an action of one name
 */
export function executionController(options: ExecutionControllerOptions = {}): Controller {
  const registry = createActionRegistry([builtInActions, ...(options.plugins ?? [])]);
  return { name: 'execution', setup: (context) => setUp(context, options, registry) };
}

function setUp(
  context: ControllerContext,
  options: ExecutionControllerOptions,
  registry: ActionRegistry,
): ControllerSetup {
  const store = context.cache<StoredExecution>({
    kind: kubernetesExecutionKind,
    fieldSelector: activeExecutionFieldSelector,
    selects: ({ status }) => !isSettledExecutionPhase(status?.phase),
  });
  const { client, kubeConfig, clock, date, random, identity, leading, logger, events } = context;
  const accounts = createServiceAccountClients({ client, kubeConfig, clock, random });
  const metrics = createExecutionMetrics(context.metrics);
  const unlisten = options.strayErrors?.listen(({ action }) => metrics.strayError(action));
  const runs = createExecutionRuns({
    client,
    clock,
    date,
    random,
    identity,
    leading,
    logger,
    events,
    accounts,
    metrics,
    registry,
    unknownActions: options.unknownActions ?? 'fail',
    clusterNames: options.clusterNames ?? [],
    concurrency: options.concurrency ?? 64,
    defaultServiceAccount: options.defaultServiceAccount ?? defaultServiceAccountName,
    retryBackoff: options.retryBackoff ?? {
      initialMilliseconds: 1_000,
      maximumMilliseconds: 60_000,
      factor: 2,
    },
    maximumTimeout: () => context.config().maxStepTimeoutMilliseconds,
    graceMilliseconds: options.graceMilliseconds ?? 4_000,
    strayErrors: options.strayErrors ?? { within: (_code, run) => run() },
    enqueue: (key, after) => context.enqueue(key, { after }),
  });
  return {
    sources: [
      {
        store,
        keysOf: ({ metadata }: StoredExecution) => [`${metadata.namespace}/${metadata.name}`],
        predicate: executionChanged,
      },
    ],
    async reconcile(key) {
      const [namespace, name = ''] = key.split('/');
      runs.follow(key, store.get(namespace, name));
      return undefined;
    },
    async started(signal) {
      // Leadership is lost before another may win it: nothing of ours runs from then on.
      signal.addEventListener('abort', () => runs.abort(), { once: true });
    },
    async stop() {
      await runs.stop();
      accounts.close();
      unlisten?.();
    },
  };
}
