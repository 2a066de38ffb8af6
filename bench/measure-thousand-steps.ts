import { workflowExecutionKind } from '../src/api/names.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import { countWrites, writesBetween } from './api-server-writes.ts';
import type { PartResult } from './bench-run.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { replay, scriptsOf } from './replay.ts';
import type { ReplayWrite } from './replay-messages.ts';
import { figureOf } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

const workflowCount = 100;
const stepsPerWorkflow = 10;
const clients = 16;

const workflows = Array.from({ length: workflowCount }, (_, index) =>
  makeWorkflow(`work-${index}`).steps(stepsPerWorkflow, { action: 'bench_nothing', parameters: {} }).build(),
);

/**
 * A hundred workflows of ten steps that take no time, run by a controller; against the writes of such a run, sent again
 * by plain clients through the same webhook. In turns; no controller is there while the plain clients send. And how many
 * writes the API server counts for each step.
 */
export async function measureThousandSteps(run: WorkflowRun): Promise<PartResult> {
  const { plane, settings, progress } = run;
  const recorded = await record(run);
  const ratios: number[] = [];
  const seconds: number[] = [];
  const rawSeconds: number[] = [];
  const writesPerStep: number[] = [];
  let writes: Readonly<Record<string, number>> = {};
  let repeated = 0;
  for (let round = 0; round < settings.rounds; round += 1) {
    const namespace = `thousand-${round}`;
    await plane.makeNamespace(namespace);
    await plane.startController();
    const before = await countWrites(plane.client);
    const taken = await runAll(run, namespace);
    writes = writesBetween(before, await countWrites(plane.client));
    await plane.stopController();
    // The creates of the workflows are ours here, and nobody's overhead.
    const all = Object.values(writes).reduce((sum, count) => sum + count, 0) - workflowCount;
    writesPerStep.push(all / (workflowCount * stepsPerWorkflow));

    const rawNamespace = `raw-${round}`;
    await plane.makeNamespace(rawNamespace);
    const raw = await replay({ target: plane.target, clients, scripts: recorded(rawNamespace) });
    repeated += raw.repeated;
    ratios.push(taken / raw.seconds);
    seconds.push(taken);
    rawSeconds.push(raw.seconds);
    progress(
      `thousand steps round ${round + 1}/${settings.rounds}: ${taken.toFixed(2)} s, raw ${raw.seconds.toFixed(2)} s ` +
        `for ${raw.writes} writes, ${(all / 1_000).toFixed(2)} writes a step`,
    );
  }
  return {
    ratios: { thousand_steps_vs_raw: figureOf(ratios), writes_per_step: figureOf(writesPerStep) },
    details: { seconds: figureOf(seconds), rawSeconds: figureOf(rawSeconds), rawRepeated: repeated, writes },
  };
}

/** One run over a proxy, which is not timed. Answers its writes for another namespace. */
async function record(run: WorkflowRun): Promise<(namespace: string) => readonly (readonly ReplayWrite[])[]> {
  const { plane, progress } = run;
  const proxy = await startRecordingProxy(plane.controlPlane);
  await plane.makeNamespace('recorded');
  await plane.startController(proxy);
  await runAll(run, 'recorded');
  await plane.stopController();
  await proxy.close();
  const requests = [...proxy.requests];
  progress('thousand steps: recorded');
  return (namespace) => scriptsOf(requests, 'recorded', namespace, workflows);
}

/** Seconds from the first create of a workflow to the completion of the last. */
async function runAll({ plane }: WorkflowRun, namespace: string): Promise<number> {
  const open = new Set(workflows.map(({ metadata }) => metadata.name ?? ''));
  const last = plane.workflows.first(({ object: { metadata, status } }) => {
    if (metadata.namespace === namespace && status?.phase === 'completed') open.delete(metadata.name);
    return open.size === 0;
  });
  const waiting = [...workflows];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let workflow = waiting.shift(); workflow !== undefined; workflow = waiting.shift()) {
        await plane.create(workflowExecutionKind, namespace, workflow);
      }
    }),
  );
  return ((await last).at - startedAt) / 1_000;
}
