import { kubernetesExecutionKind, workflowExecutionKind } from '../src/api/names.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import { heldExecution, type WorkflowPlane } from './workflow-plane.ts';

/** One plain client that creates executions of a workflow of its own, one at a time, each settled before the next. */
export interface LoneCreates {
  /** Milliseconds from the request to the answer of one admitted create. */
  once(): Promise<number>;
}

/** Its workflow is paused, so that the controller creates none of it. */
export async function startLoneCreates(plane: WorkflowPlane, namespace: string): Promise<LoneCreates> {
  const workflow = 'lone';
  const paused = makeWorkflow(workflow).steps(10, { action: 'bench_hold', parameters: {} });
  await plane.create(workflowExecutionKind, namespace, paused.withSpec({ paused: true }).build());
  let count = 0;
  return {
    async once() {
      const name = `${workflow}-${count++}`;
      const body = heldExecution(workflow, name);
      const sentAt = performance.now();
      await plane.create(kubernetesExecutionKind, namespace, body);
      const milliseconds = performance.now() - sentAt;
      await plane.settle(namespace, name);
      return milliseconds;
    },
  };
}
