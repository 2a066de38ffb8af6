import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import {
  kubernetesExecutionKind,
  slotJournalKind,
  slotJournalName,
  workflowExecutionKind,
} from '../../src/api/names.ts';
import { type ExecutionPhase, activeExecutionFieldSelector } from '../../src/api/phase.ts';
import type { SlotJournal } from '../../src/api/slot-journal.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { makeExecution } from '../builders/execution-builder.ts';
import { makeWorkflow } from '../builders/workflow-builder.ts';
import { eventually } from '../cluster/eventually.ts';
import { type KindClient, kindClient } from '../cluster/kind-client.ts';

/** A namespace of one test's own. */
export interface OpenNamespace {
  readonly name: string;
  readonly workflows: KindClient;
  readonly executions: KindClient;
  readonly journals: KindClient;
  /** Creates a workflow of ten steps that can run at once; answers its name. */
  workflow(name?: string): Promise<string>;
  /** Creates the execution `name` of a workflow. */
  execute(workflow: string, name: string): Promise<KubernetesExecution>;
  /** Creates it as soon as there is a slot for it, within five seconds unless told otherwise. */
  executeWhenFree(workflow: string, name: string, withinMilliseconds?: number): Promise<KubernetesExecution>;
  /** Creates that many executions at once, all of which must be admitted; answers their names. */
  fill(workflow: string, count?: number): Promise<string[]>;
  settle(execution: string, phase?: ExecutionPhase): Promise<void>;
  /** Names of the active executions by a consistent list; of one workflow where it is given. */
  active(workflow?: string): Promise<string[]>;
  /** Undefined where no create was ever admitted. */
  journal(): Promise<SlotJournal | undefined>;
}

/** Creates the namespace. */
export async function openNamespace(client: KubeClient, name: string): Promise<OpenNamespace> {
  await client.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
  const workflows = kindClient(client, workflowExecutionKind, name);
  const executions = kindClient(client, kubernetesExecutionKind, name);
  const journals = kindClient(client, slotJournalKind, name);
  const execute = (workflow: string, execution: string): Promise<KubernetesExecution> =>
    executions.create(makeExecution(execution).of(workflow).build());
  return {
    name,
    workflows,
    executions,
    journals,
    async workflow(workflow = 'restart') {
      await workflows.create(makeWorkflow(workflow).steps(10).build());
      return workflow;
    },
    execute,
    async executeWhenFree(workflow, execution, withinMilliseconds = 20_000) {
      let created: KubernetesExecution | undefined;
      const isCreated = async (): Promise<boolean> => {
        try {
          created = await execute(workflow, execution);
          return true;
        } catch (error) {
          if (isKubeStatus(error, 429)) return false;
          throw error;
        }
      };
      await eventually(`${workflow} has a slot for ${execution}`, isCreated, withinMilliseconds);
      return created as KubernetesExecution;
    },
    async fill(workflow, count = 5) {
      const names = Array.from({ length: count }, (_, index) => `${workflow}-step-${index + 1}`);
      await Promise.all(names.map((each) => execute(workflow, each)));
      return names;
    },
    async settle(execution, phase = 'completed') {
      await executions.mergePatch(execution, { status: { phase } }, 'status');
    },
    async active(workflow) {
      const { items } = await executions.list<{ readonly items: readonly KubernetesExecution[] }>({
        fieldSelector: activeExecutionFieldSelector,
        ...(workflow === undefined ? {} : { labelSelector: `workflow=${workflow}` }),
      });
      return items.map(({ metadata }) => metadata.name ?? '').sort();
    },
    async journal() {
      try {
        return await journals.get<SlotJournal>(slotJournalName);
      } catch (error) {
        if (isKubeStatus(error, 404)) return undefined;
        throw error;
      }
    },
  };
}
