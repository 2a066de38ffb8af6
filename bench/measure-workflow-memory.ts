import { setTimeout as pause } from 'node:timers/promises';
import { workflowExecutionKind } from '../src/api/names.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import { residentMegabytes } from './resident-megabytes.ts';
import { figureOf } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

const liveWorkflows = 1_000;
const slots = 5;
const quietMilliseconds = 30_000;

/** What a controller grows by when there are 1,000 workflows of ten steps, each of which has its five active. */
export async function measureWorkflowMemory({ plane, progress }: WorkflowRun): Promise<PartResult> {
  const namespace = 'memory';
  await plane.makeNamespace(namespace);
  const { child } = await plane.startController();
  await pause(quietMilliseconds);
  const before = residentMegabytes(child.pid);
  let added = 0;
  const all = plane.executions.first(({ type, object: { metadata } }) => {
    if (type === 'ADDED' && metadata.namespace === namespace) added += 1;
    return added >= liveWorkflows * slots;
  });
  for (let number = 0; number < liveWorkflows; number += 1) {
    const workflow = makeWorkflow(`work-${number}`).steps(10, { action: 'bench_hold', parameters: {} });
    await plane.create(workflowExecutionKind, namespace, workflow.build());
  }
  await all;
  await pause(quietMilliseconds);
  const after = residentMegabytes(child.pid);
  progress(`memory: ${before.toFixed(0)} MB, with ${liveWorkflows} live workflows ${after.toFixed(0)} MB`);
  await plane.stopController();
  return {
    ratios: { rss_mb_per_1k_workflows: figureOf([after - before]) },
    details: { megabytesBefore: before, megabytesWith1kWorkflows: after },
  };
}
