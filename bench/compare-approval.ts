import { setTimeout as pause } from 'node:timers/promises';
import { approvalAnnotations } from '../src/api/approval-annotations.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../src/api/names.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { makeExecution } from '../test/builders/execution-builder.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { BenchRun, PartResult } from './bench-run.ts';
import { compareBlocks, type BlockSide } from './compare-blocks.ts';
import type { ComparedPlane } from './compared-plane.ts';
import type { LoadObject } from './load-messages.ts';

const kinds = { workflows: workflowExecutionKind, executions: kubernetesExecutionKind };
const parameters = { namespace: 'shop', deployment: 'checkout', replicas: '3' };

/** A create of a workflow of ten steps, with our webhooks and with such that allow everything. */
export async function compareWorkflowCreates(run: BenchRun): Promise<PartResult> {
  const namespace = 'bench-workflows';
  const sideOf = async (variant: 'journal' | 'noop'): Promise<BlockSide> => {
    const plane = await run.plane(variant);
    await plane.makeNamespace(namespace, 0);
    return {
      name: variant,
      async block(creates, round) {
        const objects = workflowsOf(namespace, round, creates, 10);
        const milliseconds = await timed(run, plane, namespace, objects);
        await remove(plane, namespace, 'workflows', round);
        return milliseconds;
      },
    };
  };
  return compareBlocks(run, 'small_workflow_create_vs_noop', [await sideOf('journal'), await sideOf('noop')]);
}

/** The first execution of a workflow that a person has approved, and that of one which needs nobody. */
export async function compareGatedCreates(run: BenchRun): Promise<PartResult> {
  const plane = await run.plane('journal');
  const sideOf = async (name: string, steps: number): Promise<BlockSide> => {
    const namespace = `bench-${name}`;
    await plane.makeNamespace(namespace, 0);
    return {
      name,
      async block(creates, round) {
        const workflows = workflowsOf(namespace, round, creates, steps);
        for (const { path, body } of workflows) await plane.client.request({ method: 'POST', path, body });
        if (steps > 10) await approve(plane, namespace, round, creates);
        // The watch shows the last one after a moment.
        await pause(200);
        const executions = Array.from({ length: creates }, (_, index): LoadObject => {
          const workflow = nameOf(round, index);
          const execution = makeExecution(`${workflow}-step-1`).of(workflow).withSpec({ parameters });
          return {
            path: resourcePath(kinds.executions, { namespace }),
            body: execution.label('round', round).build(),
          };
        });
        const milliseconds = await timed(run, plane, namespace, executions);
        await remove(plane, namespace, 'executions', round);
        await remove(plane, namespace, 'workflows', round);
        return milliseconds;
      },
    };
  };
  return compareBlocks(run, 'gated_execution_create_vs_ungated', [
    await sideOf('gated', 12),
    await sideOf('ungated', 10),
  ]);
}

function nameOf(round: string, index: number): string {
  return `${round}-${index}`;
}

function workflowsOf(namespace: string, round: string, count: number, steps: number): LoadObject[] {
  const path = resourcePath(kinds.workflows, { namespace });
  return Array.from({ length: count }, (_, index) => {
    const workflow = makeWorkflow(nameOf(round, index)).label('round', round).steps(steps, { parameters });
    return { path, body: workflow.build() };
  });
}

async function approve(plane: ComparedPlane, namespace: string, round: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await plane.client.request({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      path: resourcePath(kinds.workflows, { namespace, name: nameOf(round, index) }),
      body: { metadata: { annotations: { [approvalAnnotations.approved]: 'true' } } },
    });
  }
}

async function timed(
  run: BenchRun,
  { target }: ComparedPlane,
  namespace: string,
  objects: readonly LoadObject[],
): Promise<readonly number[]> {
  const order = {
    target,
    namespace,
    clients: 1,
    creates: objects.length,
    prefix: '',
    workflows: [],
    objects,
  };
  return (await run.clients.carryOut(order)).milliseconds;
}

async function remove(
  { client }: ComparedPlane,
  namespace: string,
  kind: keyof typeof kinds,
  round: string,
): Promise<void> {
  await client.request({
    method: 'DELETE',
    path: resourcePath(kinds[kind], { namespace }),
    query: { labelSelector: `round=${round}` },
    timeoutMilliseconds: 120_000,
  });
}
