import { join } from 'node:path';
import { kubernetesExecutionKind, workflowExecutionKind, type ResourceKind } from '../src/api/names.ts';
import { configMapName } from '../src/config/config-watch.ts';
import { createKubeClient, type KubeClient } from '../src/kube/kube-client.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { makeExecution } from '../test/builders/execution-builder.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { ControlPlane } from '../test/cluster/control-plane.ts';
import { type ControllerReplica, startControllerReplica } from '../test/cluster/controller-replica.ts';
import { eventually } from '../test/cluster/eventually.ts';
import { startInstalledCluster } from '../test/cluster/installed-cluster.ts';
import { createRunnerAccount } from '../test/cluster/runner-account.ts';
import { type EventObserver, observeEvents } from './event-observer.ts';
import type { LoadTarget } from './load-messages.ts';

/** stepgate as it is installed, two webhook replicas, and at most one controller on it. */
export interface WorkflowPlane {
  readonly controlPlane: ControlPlane;
  readonly client: KubeClient;
  readonly target: LoadTarget;
  readonly executions: EventObserver;
  readonly workflows: EventObserver;
  /** Starts a controller, warm: it has run some workflows. `at`: over a proxy. */
  startController(at?: { readonly url: string; readonly authorityPem: string }): Promise<ControllerReplica>;
  /** Tells the controller to stop, and waits for that. */
  stopController(): Promise<void>;
  makeNamespace(name: string): Promise<void>;
  create<Answer>(kind: ResourceKind, namespace: string, object: object): Promise<Answer>;
  /** Writes `completed` into the status of an execution; resolves with the answer. */
  settle(namespace: string, execution: string): Promise<void>;
  /** Changes complexity-approval-threshold, and waits until it is in force. */
  setApprovalThreshold(steps: number): Promise<void>;
  stop(): Promise<void>;
}

/** What a controller does before it is measured: nothing is compiled at first. */
const warmUpWorkflows = 30;

/** QPS and burst that no part reaches, and Node as the chart starts it for a controller. */
export const environment = {
  KUBERNETES_QPS: '1000',
  KUBERNETES_BURST: '2000',
  NODE_OPTIONS: '--max-semi-space-size=2',
};

/** Starts it, without a controller. */
export async function startWorkflowPlane(): Promise<WorkflowPlane> {
  const cluster = await startInstalledCluster();
  const { controlPlane } = cluster;
  const kubeConfig = controlPlane.kubeConfig();
  const client = createKubeClient(kubeConfig, { component: 'benchmark' });
  const executions = await observeEvents(client, kubernetesExecutionKind);
  const workflows = await observeEvents(client, workflowExecutionKind);
  let controller: ControllerReplica | undefined;
  let started = 0;

  function create<Answer>(kind: ResourceKind, namespace: string, body: object): Promise<Answer> {
    return client.request<Answer>({ method: 'POST', path: resourcePath(kind, { namespace }), body });
  }

  async function makeNamespace(name: string): Promise<void> {
    await client.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
    await createRunnerAccount(client, name);
  }

  async function warmUp(namespace: string): Promise<void> {
    await makeNamespace(namespace);
    const names = new Set(Array.from({ length: warmUpWorkflows }, (_, index) => `warm-${index}`));
    const done = workflows.first(({ object }) => {
      const isOver = object.metadata.namespace === namespace && object.status?.phase === 'completed';
      if (isOver) names.delete(object.metadata.name);
      return names.size === 0;
    });
    for (const name of names) {
      const workflow = makeWorkflow(name).steps(10, { action: 'bench_nothing', parameters: {} }).build();
      await create(workflowExecutionKind, namespace, workflow);
    }
    await done;
  }

  return {
    controlPlane,
    client,
    executions,
    workflows,
    target: {
      url: controlPlane.url,
      authorityPem: controlPlane.authorityPem,
      token: kubeConfig.getCurrentUser()?.token ?? '',
    },
    async startController(at) {
      const name = `controller-${started++}`;
      controller = await startControllerReplica(controlPlane, {
        name,
        environment,
        plugins: [join(import.meta.dirname, 'workflow-plugin.ts')],
        logLevel: 'warn',
        ...(at === undefined ? {} : { at }),
      });
      await controller.ready();
      await warmUp(`warm-up-${started}`);
      return controller;
    },
    async stopController() {
      controller?.child.signal('SIGTERM');
      await controller?.child.exited;
      controller = undefined;
    },
    makeNamespace,
    create,
    async settle(namespace, name) {
      await client.request({
        method: 'PATCH',
        path: resourcePath(kubernetesExecutionKind, { namespace, name, subresource: 'status' }),
        contentType: 'application/merge-patch+json',
        body: { status: { phase: 'completed' } },
      });
    },
    async setApprovalThreshold(steps) {
      await client.request({
        method: 'PATCH',
        path: `/api/v1/namespaces/kubernaut-system/configmaps/${configMapName}`,
        query: { fieldManager: 'benchmark', force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: configMapName },
          data: { 'complexity-approval-threshold': String(steps) },
        },
      });
      // Two replicas take turns: each of them has to say so.
      let agreed = 0;
      await eventually('the threshold is in force', async () => {
        const answer = await client.request<{
          readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
        }>({
          method: 'POST',
          path: resourcePath(workflowExecutionKind, { namespace: 'default' }),
          query: { dryRun: 'All' },
          body: makeWorkflow('probe').steps(12).build(),
        });
        const needs = answer.metadata.annotations?.['kubernaut.io/approval-required'] === 'true';
        agreed = needs === 12 > steps ? agreed + 1 : 0;
        return agreed >= 20;
      });
    },
    async stop() {
      executions.stop();
      workflows.stop();
      await controller?.child.kill();
      client.close();
      await cluster.stop();
    },
  };
}

/** An execution that somebody else than the controller creates, which lasts until it is settled. */
export function heldExecution(workflow: string, name: string): object {
  return makeExecution(name).of(workflow).withSpec({ action: 'bench_hold', parameters: {} }).build();
}
