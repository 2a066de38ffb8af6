import { kubernetesExecutionKind, labelValueMaxLength, workflowLabel } from '../../src/api/names.ts';
import { activeExecutionFieldSelector } from '../../src/api/phase.ts';
import { listAll } from '../../src/kube/consistent-list.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import type { KubeObject } from '../../src/kube/kube-object.ts';
import { observeExecution } from './observed-execution.ts';

/** An active execution with its spec. */
export interface ActiveStep {
  readonly name: string;
  readonly spec: unknown;
}

/** The active executions of one workflow at one resourceVersion. */
export interface ActiveSteps {
  readonly listedAt: string;
  readonly steps: readonly ActiveStep[];
}

/** Lists what a workflow does now, consistently. */
export type StepLister = (namespace: string, workflow: string) => Promise<ActiveSteps>;

interface ExecutionWithSpec extends KubeObject {
  readonly spec?: unknown;
}

/** By label where the workflow's name fits one, else from the whole namespace. */
export function createStepLister(client: KubeClient): StepLister {
  return async (namespace, workflow) => {
    const list = await listAll<ExecutionWithSpec>(client, {
      kind: kubernetesExecutionKind,
      namespace,
      fieldSelector: activeExecutionFieldSelector,
      ...(workflow.length <= labelValueMaxLength ? { labelSelector: `${workflowLabel}=${workflow}` } : {}),
      timeoutMilliseconds: 5_000,
    });
    const own = list.items.filter((item) => observeExecution(item).workflow === workflow);
    return {
      listedAt: list.resourceVersion,
      steps: own.map(({ metadata, spec }) => ({ name: metadata.name, spec })),
    };
  };
}
