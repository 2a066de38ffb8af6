import { setTimeout as pause } from 'node:timers/promises';
import { workflowExecutionKind } from '../src/api/names.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import { type RecordedRequest, startRecordingProxy } from './recording-proxy.ts';
import { figureOf } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

const settledWorkflows = 1_000;
/** The queue of Events, 256 of them at 5 a second, is empty by then. */
const quietMilliseconds = 75_000;
const minuteMilliseconds = 60_000;

/** Requests of a controller in a minute in which nothing happens, beside its lease and watches that are opened again. */
export async function measureIdle({ plane, progress }: WorkflowRun): Promise<PartResult> {
  const proxy = await startRecordingProxy(plane.controlPlane);
  const namespace = 'idle';
  await plane.makeNamespace(namespace);
  await plane.startController(proxy);
  let settled = 0;
  const all = plane.workflows.first(({ object: { metadata, status } }) => {
    if (metadata.namespace === namespace && status?.phase === 'completed') settled += 1;
    return settled >= settledWorkflows;
  });
  for (let number = 0; number < settledWorkflows; number += 1) {
    const workflow = makeWorkflow(`work-${number}`).step({ action: 'bench_nothing', parameters: {} });
    await plane.create(workflowExecutionKind, namespace, workflow.build());
  }
  await all;
  progress(`idle: ${settledWorkflows} workflows are settled`);
  await pause(quietMilliseconds);
  const before = proxy.requests.length;
  await pause(minuteMilliseconds);
  const counted = proxy.requests.slice(before).filter(isCounted);
  progress(`idle: ${counted.length} requests in a minute`);
  await plane.stopController();
  await proxy.close();
  return {
    ratios: { idle_requests_per_minute: figureOf([counted.length]) },
    details: { requests: counted.map(({ method, path }) => `${method} ${path}`) },
  };
}

function isCounted({ path, query }: RecordedRequest): boolean {
  return !path.includes('/leases') && !query.includes('watch=');
}
