import type { KubeConfig } from '@kubernetes/client-node';
import type {
  KubernetesExecutionSpec,
  KubernetesExecutionStatus,
} from '../../../src/api/kubernetes-execution.ts';
import {
  defaultServiceAccountName,
  kubernetesExecutionKind,
  rollbackOfAnnotation,
} from '../../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../../src/api/phase.ts';
import { systemClock } from '../../../src/kube/clock.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/kube-client.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { waitUntil } from '../../../sdk/actions/wait-until.ts';
import {
  executionController,
  type ExecutionControllerOptions,
} from '../../../sdk/execution/execution-controller.ts';
import type { ConfigTexts } from '../../../src/config/config-schema.ts';
import type { StoredExecution } from '../../../sdk/execution/stored-execution.ts';
import { createManager } from '../../../sdk/manager/manager.ts';
import { makeExecution } from '../../builders/execution-builder.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { installManifests } from '../../cluster/install-manifests.ts';
import { kindClient } from '../../cluster/kind-client.ts';
import { letRunExecutions } from '../../cluster/runner-account.ts';

/** A control plane with stepgate's kinds, and a controller with the rights that it is shipped with. */
export interface ExecutionCluster {
  readonly controlPlane: ControlPlane;
  readonly admin: KubeClient;
  /** Runs executions until it is stopped, and fails where it does not lead. */
  start(
    options: ExecutionControllerOptions,
    as?: KubeConfig,
    environment?: Partial<ConfigTexts>,
  ): Promise<RunningController>;
  /** Creates a namespace with the default ServiceAccount. */
  namespace(): Promise<ExecutionNamespace>;
  stop(): Promise<void>;
}

export interface RunningController {
  /** Every line it has logged. */
  readonly log: () => string;
  readonly metricsUrl: string;
  stop(): Promise<void>;
}

/** The executions of one namespace. */
export interface ExecutionNamespace {
  readonly name: string;
  create(
    name: string,
    spec: Partial<KubernetesExecutionSpec>,
    options?: {
      readonly workflow?: string;
      /** The execution that it undoes: the controller creates it, as nobody else may. */
      readonly undoes?: string;
    },
  ): Promise<StoredExecution>;
  get(name: string): Promise<StoredExecution>;
  delete(name: string): Promise<void>;
  /** Gives it a finalizer: a delete only marks it from then on. */
  keep(name: string): Promise<void>;
  /** As the controller, as nobody else may. */
  writeStatus(name: string, status: Partial<KubernetesExecutionStatus>): Promise<void>;
  /** Resolves with it as soon as `is` holds. */
  until(name: string, is: (execution: StoredExecution) => boolean): Promise<StoredExecution>;
  /** Its status once it has settled. */
  settled(name: string): Promise<KubernetesExecutionStatus>;
}

export async function startExecutionCluster(): Promise<ExecutionCluster> {
  const controlPlane = await startControlPlane({ controllerManager: false });
  const admin = createKubeClient(controlPlane.kubeConfig());
  const controller = createKubeClient(controlPlane.kubeConfig('controller'));
  await installManifests(controlPlane);
  let namespaces = 0;
  let controllers = 0;
  return {
    controlPlane,
    admin,
    async start(options, kubeConfig = controlPlane.kubeConfig('controller'), environment = {}) {
      controllers += 1;
      const lines: string[] = [];
      const manager = createManager({
        kubeConfig,
        controllers: [executionController(options)],
        environment,
        leaderElection: { enabled: false },
        identity: `controller-${controllers}`,
        metricsPort: 0,
        host: '127.0.0.1',
        logger: createLogger({
          level: 'debug',
          component: 'controller',
          destination: { write: (line) => lines.push(line) },
        }),
      });
      await manager.start();
      await manager.elected();
      return {
        log: () => lines.join(''),
        metricsUrl: `http://127.0.0.1:${manager.metricsPort}/metrics`,
        stop: () => manager.stop(),
      };
    },
    async namespace() {
      namespaces += 1;
      const name = `executions-${namespaces}`;
      await admin.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
      await createServiceAccount(admin, name, defaultServiceAccountName);
      await letRunExecutions(admin, name, defaultServiceAccountName);
      return openNamespace({ admin, controller }, name);
    },
    async stop() {
      admin.close();
      controller.close();
      await controlPlane.stop();
    },
  };
}

export async function createServiceAccount(
  admin: KubeClient,
  namespace: string,
  name: string,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await admin.request({ method: 'POST', path, body: { metadata: { name } } });
}

function openNamespace(
  { admin, controller }: { readonly admin: KubeClient; readonly controller: KubeClient },
  name: string,
): ExecutionNamespace {
  const executions = kindClient(admin, kubernetesExecutionKind, name);
  const executionsOfController = kindClient(controller, kubernetesExecutionKind, name);
  const until: ExecutionNamespace['until'] = (execution, is) =>
    waitUntil<StoredExecution, StoredExecution>(
      {
        kube: admin,
        selection: {
          kind: kubernetesExecutionKind,
          namespace: name,
          fieldSelector: `metadata.name=${execution}`,
        },
        signal: AbortSignal.timeout(50_000),
        pace: { clock: systemClock, random: Math.random },
      },
      ([found]) => (found !== undefined && is(found) ? found : undefined),
    );
  return {
    name,
    create: (execution, spec, { workflow = 'heal', undoes } = {}) => {
      const builder = makeExecution(execution).of(workflow).withSpec(spec);
      return undoes === undefined
        ? executions.create(builder.build())
        : executionsOfController.create(builder.annotate(rollbackOfAnnotation, undoes).build());
    },
    get: (execution) => executions.get(execution),
    async delete(execution) {
      await executions.delete(execution);
    },
    async keep(execution) {
      await executions.mergePatch(execution, { metadata: { finalizers: ['tests.kubernaut.io/keep'] } });
    },
    async writeStatus(execution, status) {
      const stored = await executions.get<StoredExecution>(execution);
      const changed = { ...stored, status: { ...stored.status, ...status } };
      await executionsOfController.replace({ ...changed, metadata: { ...stored.metadata } }, 'status');
    },
    until,
    async settled(execution) {
      const { status } = await until(execution, (found) => isSettledExecutionPhase(found.status?.phase));
      return status ?? {};
    },
  };
}
