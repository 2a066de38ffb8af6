import { kubernetesExecutionKind } from '../../src/api/names.ts';
import { activeExecutionFieldSelector } from '../../src/api/phase.ts';
import type { KubernetesExecution } from '../../src/api/kubernetes-execution.ts';
import { listAll } from '../../src/kube/consistent-list.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { resourcePath } from '../../src/kube/resource-path.ts';
import { type BuiltFor, buildExecution, type ExecutableStep } from './build-execution.ts';
import { isLimitReached } from './limit-reached.ts';
import { type IdentifiedExecution, workflowOf } from './workflow-of.ts';

/**
 * Creates executions of a workflow up to its limit, for controllers that want no more of the SDK than this. It counts
 * what any client has made, and what it is too late to count, admission refuses: that is no error here.
 *
 * @example
 * const executor = new ParallelExecutor(5, client);
 * const active = await executor.getActiveStepCount(workflow);
 * const created = await executor.createParallelSteps(workflow, executableSteps, active);
 */
export class ParallelExecutor {
  readonly #maxParallelSteps: () => number;
  readonly #client: KubeClient;

  /** @param maxParallelSteps slots of a workflow; a function where the setting can change */
  constructor(maxParallelSteps: number | (() => number), client: KubeClient) {
    this.#maxParallelSteps = typeof maxParallelSteps === 'number' ? () => maxParallelSteps : maxParallelSteps;
    this.#client = client;
  }

  /**
   * Executions of the workflow that exist and are not settled, whoever has made them, by a consistent list of its
   * namespace. Slots of creates that are under way are not in it.
   *
   * @throws KubeStatusError, KubeConnectionError as the client does
   */
  async getActiveStepCount(workflow: BuiltFor): Promise<number> {
    const { namespace, name } = workflow.metadata;
    const { items } = await listAll<IdentifiedExecution>(this.#client, {
      kind: kubernetesExecutionKind,
      namespace: namespace ?? 'default',
      fieldSelector: activeExecutionFieldSelector,
    });
    return items.filter((item) => workflowOf(item) === name).length;
  }

  /** Slots that so many active executions leave; never below 0. */
  calculateAvailableSlots(activeSteps: number): number {
    return Math.max(0, this.#maxParallelSteps() - activeSteps);
  }

  /**
   * Creates the executions of the first steps, in their order, as far as the slots reach; answers how many it has
   * created. It ends early, and without an error, where admission says that the slots are taken: by others, or by
   * creates that cannot be seen yet.
   *
   * @param activeSteps as `getActiveStepCount` has counted them
   * @throws KubeStatusError, KubeConnectionError for any other refusal; what was created before it stays
   */
  async createParallelSteps(
    workflow: BuiltFor,
    executableSteps: readonly ExecutableStep[],
    activeSteps: number,
  ): Promise<number> {
    const steps = executableSteps.slice(0, this.calculateAvailableSlots(activeSteps));
    let created = 0;
    for (const step of steps) {
      try {
        await this.#create(buildExecution(workflow, step));
      } catch (error) {
        if (isLimitReached(error)) return created;
        throw error;
      }
      created += 1;
    }
    return created;
  }

  async #create(execution: KubernetesExecution): Promise<void> {
    const namespace = execution.metadata.namespace ?? 'default';
    const path = resourcePath(kubernetesExecutionKind, { namespace });
    await this.#client.request({ method: 'POST', path, body: execution });
  }
}
