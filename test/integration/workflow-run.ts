import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import type { WorkflowExecution, WorkflowExecutionStatus } from '../../src/api/workflow-execution.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import { isKubeStatus } from '../../src/kube/kube-status-error.ts';
import { eventually } from '../cluster/eventually.ts';
import type { OpenNamespace } from './open-namespace.ts';

/** What a test asks of a workflow that a controller runs, and does for its executions. */
export interface WorkflowRun {
  status(): Promise<WorkflowExecutionStatus>;
  /** Every execution of the namespace, by a consistent list. */
  executions(): Promise<readonly KubernetesExecution[]>;
  /** Resolves when the status shows it. */
  until(
    what: string,
    shows: (status: WorkflowExecutionStatus) => boolean,
    withinMilliseconds?: number,
  ): Promise<WorkflowExecutionStatus>;
  /** Settles whatever is active, again and again, until the workflow is over. */
  settleAll(
    phaseOf?: (execution: KubernetesExecution) => 'completed' | 'failed' | undefined,
    withinMilliseconds?: number,
  ): Promise<void>;
}

export function workflowRun(namespace: OpenNamespace, name: string): WorkflowRun {
  const status = async (): Promise<WorkflowExecutionStatus> =>
    (await namespace.workflows.get<WorkflowExecution>(name)).status ?? {};
  const executions = async () =>
    (await namespace.executions.list<{ readonly items: readonly KubernetesExecution[] }>()).items;
  return {
    status,
    executions,
    async until(what, shows, withinMilliseconds) {
      let last: WorkflowExecutionStatus = {};
      try {
        await eventually(
          what,
          async () => {
            last = await status();
            return shows(last);
          },
          withinMilliseconds,
        );
      } catch (error) {
        throw new Error(`the status of ${name} is ${JSON.stringify(last)}`, { cause: error });
      }
      return last;
    },
    async settleAll(phaseOf = () => 'completed', withinMilliseconds = 50_000) {
      await eventually(
        `${name} is over`,
        async () => {
          for (const execution of await executions()) {
            const phase = phaseOf(execution);
            if (isSettledExecutionPhase(execution.status?.phase) || phase === undefined) continue;
            try {
              await namespace.settle(execution.metadata.name ?? '', phase);
            } catch (error) {
              if (!isKubeStatus(error, 404)) throw error;
            }
          }
          const { phase } = await status();
          return phase === 'completed' || phase === 'failed';
        },
        withinMilliseconds,
      );
    },
  };
}
