import { workflowExecutionKind } from '../src/api/names.ts';
import { isSettledExecutionPhase } from '../src/api/phase.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import { figureOf } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

const steps = 100;
const stepMilliseconds = 500;
const slots = 5;
const idealSeconds = (steps / slots) * (stepMilliseconds / 1_000);

/** A hundred steps of half a second each, five at a time: from the answer to the create to the last settled event. */
export async function measureMakespan({ plane, settings, progress }: WorkflowRun): Promise<PartResult> {
  await plane.setApprovalThreshold(steps);
  await plane.startController();
  const seconds: number[] = [];
  for (let round = 0; round < settings.rounds; round += 1) {
    const namespace = `makespan-${round}`;
    await plane.makeNamespace(namespace);
    const settled = new Set<string>();
    const last = plane.executions.first(({ object: { metadata, status } }) => {
      if (metadata.namespace === namespace && isSettledExecutionPhase(status?.phase))
        settled.add(metadata.name);
      return settled.size === steps;
    });
    const workflow = makeWorkflow('hundred').steps(steps, {
      action: 'bench_wait',
      parameters: { milliseconds: stepMilliseconds },
    });
    await plane.create(workflowExecutionKind, namespace, workflow.build());
    const answeredAt = performance.now();
    const taken = ((await last).at - answeredAt) / 1_000;
    seconds.push(taken);
    progress(`makespan round ${round + 1}/${settings.rounds}: ${taken.toFixed(2)} s`);
  }
  await plane.stopController();
  return {
    ratios: { makespan_vs_ideal: figureOf(seconds.map((each) => each / idealSeconds)) },
    details: { idealSeconds, makespanSeconds: figureOf(seconds) },
  };
}
