import { join } from 'node:path';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import type { WorkflowExecution } from '../../src/api/workflow-execution.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { eventually } from '../cluster/eventually.ts';
import { createRunnerAccount } from '../cluster/runner-account.ts';
import { openNamespace, type OpenNamespace } from './open-namespace.ts';
import { markLabel, notesName } from './tally-plugin.ts';

/** The plugin whose actions leave traces. */
export const tallyPlugin = join(import.meta.dirname, 'tally-plugin.ts');

/** Rates that no test reaches by itself, unless it is about rates. */
export const unlimitedRate = { KUBERNETES_QPS: '1000', KUBERNETES_BURST: '2000' };

/** A namespace in which a controller with the tally plugin runs workflows. */
export interface ControlledNamespace extends OpenNamespace {
  run(workflow: WorkflowExecution): Promise<WorkflowExecution>;
  /** The workflow once it is completed or failed. */
  over(workflow: string, withinMilliseconds?: number): Promise<WorkflowExecution>;
  read(workflow: string): Promise<WorkflowExecution>;
  executionsOf(workflow: string): Promise<readonly KubernetesExecution[]>;
  /** What was done, by the name of the execution that did it: notes and marks that are there. */
  effects(): Promise<ReadonlyMap<string, number>>;
}

/** Creates the namespace, the account that its actions act as, and the ConfigMap for their notes. */
export async function openControlledNamespace(
  client: KubeClient,
  name: string,
): Promise<ControlledNamespace> {
  const namespace = await openNamespace(client, name);
  const configMaps = `/api/v1/namespaces/${name}/configmaps`;
  await createRunnerAccount(client, name);
  await client.request({ method: 'POST', path: configMaps, body: { metadata: { name: notesName } } });
  const read = (workflow: string): Promise<WorkflowExecution> => namespace.workflows.get(workflow);
  return {
    ...namespace,
    run: (workflow) => namespace.workflows.create(workflow),
    read,
    async over(workflow, withinMilliseconds = 60_000) {
      let last: WorkflowExecution | undefined;
      const isOver = async (): Promise<boolean> => {
        last = await read(workflow);
        return last.status?.phase === 'completed' || last.status?.phase === 'failed';
      };
      await eventually(`workflow ${workflow} is over`, isOver, withinMilliseconds).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${JSON.stringify(last?.status)?.slice(0, 2_000)}`, {
          cause: error,
        });
      });
      return last as WorkflowExecution;
    },
    async executionsOf(workflow) {
      const { items } = await namespace.executions.list<{ readonly items: readonly KubernetesExecution[] }>();
      return items.filter(
        ({ metadata }) =>
          metadata.labels?.['workflow'] === workflow ||
          metadata.annotations?.['kubernaut.io/workflow'] === workflow,
      );
    },
    async effects() {
      const { items } = await client.request<{ readonly items: readonly ConfigMap[] }>({
        method: 'GET',
        path: configMaps,
      });
      const effects = new Map<string, number>();
      for (const { metadata, data = {} } of items) {
        const mark = metadata.labels?.[markLabel];
        const notes = metadata.name === notesName ? Object.keys(data) : [];
        for (const each of mark === undefined ? notes : [mark])
          effects.set(each, (effects.get(each) ?? 0) + 1);
      }
      return effects;
    },
  };
}

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
}
