import type { ClusterAccess } from '../src/kube/cluster-access.ts';
import type { Installation } from '../src/api/manifests/installation.ts';
import type { ConfigTexts } from '../src/config/config-schema.ts';
import type { Logger } from '../src/observability/logger.ts';
import { createActionRegistry } from '../src/plugin/action-registry.ts';
import type { Plugin } from '../src/plugin/plugin.ts';
import { catchStrayErrors } from '../src/plugin/stray-errors.ts';
import { builtInActions } from './actions/built-in-actions.ts';
import { analysisController } from './analysis/analysis-controller.ts';
import type { ActionCode } from './execution/action-code.ts';
import { executionController } from './execution/execution-controller.ts';
import { createManager } from './manager/manager.ts';
import type { Manager } from './manager/manager-options.ts';
import { workflowController } from './workflow/workflow-controller.ts';

/** What may become of executions whose action nobody here has. */
export const unknownActionPolicies = ['fail', 'ignore'] as const;

/** What one controller process is started with. */
export interface ControllerProcessOptions {
  readonly kubeConfig: ClusterAccess;
  readonly installation: Installation;
  /** Overrides of the configuration, from `environmentTexts`. */
  readonly environment: Partial<ConfigTexts>;
  readonly plugins: readonly Plugin[];
  /** 0 takes a free one. */
  readonly metricsPort: number;
  /** Address to listen on; all when absent. */
  readonly host?: string;
  /** Name of this replica: the pod's. */
  readonly replica: string;
  /** False: this process works without asking whether another does. */
  readonly leaderElect: boolean;
  /** Names that this cluster has in `spec.targetCluster`. */
  readonly clusterNames: readonly string[];
  readonly unknownActions: (typeof unknownActionPolicies)[number];
  /** Who alone may decide on what analyses ask; nobody named: all with the rights to. */
  readonly reviewer: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** Its errors that nobody handles are asked whose they are. */
  readonly process: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  readonly logger: Logger;
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

/**
 * Wires one replica of the controller, which acts upon analyses, runs workflows and executions, and starts it.
 * @throws what `Manager.start` throws, PluginError for actions that two plugins have, the reason of `signal`
 */
export async function startControllerProcess(options: ControllerProcessOptions): Promise<Manager> {
  const { plugins, kubeConfig, installation, logger, signal } = options;
  signal?.throwIfAborted();
  const registry = createActionRegistry([builtInActions, ...plugins]);
  const strayErrors = catchStrayErrors<ActionCode>({ process: options.process, logger });
  const manager = createManager({
    kubeConfig,
    installation,
    environment: options.environment,
    controllers: [
      analysisController({ plugins, unknownActions: options.unknownActions, reviewer: options.reviewer }),
      workflowController({ hasRollback: (action) => registry.find(action)?.action.rollback !== undefined }),
      executionController({
        plugins,
        clusterNames: options.clusterNames,
        unknownActions: options.unknownActions,
        strayErrors,
      }),
    ],
    leaderElection: { enabled: options.leaderElect },
    metricsPort: options.metricsPort,
    ...(options.host === undefined ? {} : { host: options.host }),
    identity: options.replica,
    logger,
  });
  const giveUp = (): void => void manager.stop();
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await manager.start();
  } catch (error) {
    strayErrors.stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return manager;
}
