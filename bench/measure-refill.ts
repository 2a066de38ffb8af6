import { workflowExecutionKind } from '../src/api/names.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import { startLoneCreates } from './lone-creates.ts';
import { figureOf, percentile } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';
import type { WorkflowPlane } from './workflow-plane.ts';

const workflowsAtWork = 10;
const stepsPerWorkflow = 10;
const slots = 5;

/**
 * From the answer to the write that settles an execution to the moment an observer sees the next one of the workflow,
 * while ten workflows are at it; against a create of a plain client at the same time.
 */
export async function measureRefill({ plane, settings, progress }: WorkflowRun): Promise<PartResult> {
  await plane.startController();
  const p50s: number[] = [];
  const p99s: number[] = [];
  const refillP50s: number[] = [];
  const refillP99s: number[] = [];
  const createP50s: number[] = [];
  // Each workflow has five refills.
  const workflowsEach = Math.max(2, Math.round(settings.creates / 500));
  for (let round = 0; round < settings.rounds; round += 1) {
    const namespace = `refill-${round}`;
    await plane.makeNamespace(namespace);
    const lone = await startLoneCreates(plane, namespace);
    const creates: number[] = [];
    let working = true;
    const working10 = Promise.all(
      Array.from({ length: workflowsAtWork }, (_, index) => refills(plane, namespace, index, workflowsEach)),
    ).finally(() => (working = false));
    while (working) creates.push(await lone.once());
    const milliseconds = (await working10).flat();
    const create = percentile(creates, 0.5);
    const [p50, p99] = [percentile(milliseconds, 0.5), percentile(milliseconds, 0.99)];
    p50s.push(p50 / create);
    p99s.push(p99 / create);
    refillP50s.push(p50);
    refillP99s.push(p99);
    createP50s.push(create);
    progress(
      `refill round ${round + 1}/${settings.rounds}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${milliseconds.length}; ` +
        `create p50 ${create.toFixed(1)} ms of ${creates.length}`,
    );
  }
  await plane.stopController();
  return {
    ratios: { refill_p50_vs_create: figureOf(p50s), refill_p99_vs_create: figureOf(p99s) },
    details: {
      refillP50Milliseconds: figureOf(refillP50s),
      refillP99Milliseconds: figureOf(refillP99s),
      createP50Milliseconds: figureOf(createP50s),
    },
  };
}

/** Runs workflows one after the other, settles their executions one by one, and times how each slot is given again. */
async function refills(
  plane: WorkflowPlane,
  namespace: string,
  worker: number,
  count: number,
): Promise<readonly number[]> {
  const milliseconds: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const workflow = `work-${worker}-${number}`;
    const active: string[] = [];
    let onAdded: (at: number) => void = () => {};
    const unsubscribe = plane.executions.subscribe(({ at, type, object: { metadata } }) => {
      if (type !== 'ADDED' || metadata.namespace !== namespace || metadata.labels?.['workflow'] !== workflow)
        return;
      active.push(metadata.name);
      onAdded(at);
    });
    const filled = new Promise<void>((resolve) => {
      onAdded = () => {
        if (active.length === slots) resolve();
      };
    });
    const draft = makeWorkflow(workflow).steps(stepsPerWorkflow, { action: 'bench_hold', parameters: {} });
    await plane.create(workflowExecutionKind, namespace, draft.build());
    await filled;
    for (let done = 0; done < stepsPerWorkflow; done += 1) {
      const next = new Promise<number>((resolve) => {
        onAdded = resolve;
      });
      await plane.settle(namespace, active[done] ?? '');
      const answeredAt = performance.now();
      if (done < stepsPerWorkflow - slots) milliseconds.push((await next) - answeredAt);
    }
    unsubscribe();
  }
  return milliseconds;
}
