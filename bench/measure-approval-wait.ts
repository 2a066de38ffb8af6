import { approvalAnnotations } from '../src/api/approval-annotations.ts';
import { kubernetesExecutionKind, workflowExecutionKind } from '../src/api/names.ts';
import { resourcePath } from '../src/kube/resource-path.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import { startLoneCreates } from './lone-creates.ts';
import { figureOf, percentile } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

/** From the answer to the write that approves a workflow to the moment an observer sees its first execution. */
export async function measureApprovalWait({ plane, settings, progress }: WorkflowRun): Promise<PartResult> {
  await plane.setApprovalThreshold(10);
  await plane.startController();
  const ratios: number[] = [];
  const waits: number[] = [];
  const creates: number[] = [];
  const approvals = Math.max(10, Math.round(settings.creates / 60));
  for (let round = 0; round < settings.rounds; round += 1) {
    const namespace = `approval-${round}`;
    await plane.makeNamespace(namespace);
    const lone = await startLoneCreates(plane, namespace);
    const taken: number[] = [];
    const created: number[] = [];
    for (let number = 0; number < approvals; number += 1) {
      taken.push(await approvalWait(plane, namespace, `big-${number}`));
      created.push(await lone.once());
    }
    const [wait, create] = [percentile(taken, 0.5), percentile(created, 0.5)];
    ratios.push(wait / create);
    waits.push(wait);
    creates.push(create);
    progress(
      `approval round ${round + 1}/${settings.rounds}: p50 ${wait.toFixed(1)} ms, create p50 ${create.toFixed(1)} ms`,
    );
  }
  await plane.stopController();
  return {
    ratios: { approval_to_first_step_vs_create: figureOf(ratios) },
    details: { waitP50Milliseconds: figureOf(waits), createP50Milliseconds: figureOf(creates) },
  };
}

async function approvalWait(
  plane: WorkflowRun['plane'],
  namespace: string,
  workflow: string,
): Promise<number> {
  const waits = plane.workflows.first(
    ({ object: { metadata, status } }) =>
      metadata.namespace === namespace && metadata.name === workflow && status?.phase === 'awaiting_approval',
  );
  const draft = makeWorkflow(workflow).steps(12, { action: 'bench_hold', parameters: {} });
  await plane.create(workflowExecutionKind, namespace, draft.build());
  await waits;
  const first = plane.executions.first(
    ({ type, object: { metadata } }) =>
      type === 'ADDED' && metadata.namespace === namespace && metadata.labels?.['workflow'] === workflow,
  );
  const path = resourcePath(workflowExecutionKind, { namespace, name: workflow });
  await plane.client.request({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [approvalAnnotations.approved]: 'true' } } },
  });
  const answeredAt = performance.now();
  const { at } = await first;
  // What goes on after that is nobody's load.
  await plane.client.request({ method: 'DELETE', path });
  await plane.client.request({
    method: 'DELETE',
    path: resourcePath(kubernetesExecutionKind, { namespace }),
    query: { labelSelector: `workflow=${workflow}` },
  });
  return at - answeredAt;
}
