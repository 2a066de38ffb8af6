import { setTimeout as pause } from 'node:timers/promises';
import { kubernetesExecutionKind, workflowExecutionKind } from '../src/api/names.ts';
import { isSettledExecutionPhase } from '../src/api/phase.ts';
import { isKubeStatus } from '../src/kube/kube-status-error.ts';
import { makeExecution } from '../test/builders/execution-builder.ts';
import { makeWorkflow } from '../test/builders/workflow-builder.ts';
import type { PartResult } from './bench-run.ts';
import type { WorkflowPlane } from './workflow-plane.ts';
import { figureOf } from './statistics.ts';
import type { WorkflowRun } from './workflow-run.ts';

const steps = 100;
const stepMilliseconds = 500;
const slots = 5;
const idealSeconds = (steps / slots) * (stepMilliseconds / 1_000);

const work = { action: 'bench_wait', parameters: { milliseconds: stepMilliseconds } };

/**
 * A hundred steps of half a second each, five at a time: from the answer to the create to the last settled event. And
 * beside it, what of that any client would need that keeps five executions going.
 */
export async function measureMakespan({ plane, settings, progress }: WorkflowRun): Promise<PartResult> {
  await plane.setApprovalThreshold(steps);
  await plane.startController();
  const seconds: number[] = [];
  const plainSeconds: number[] = [];
  for (let round = 0; round < settings.rounds; round += 1) {
    const taken = await runWorkflow(plane, `makespan-${round}`);
    const plain = await runPlainLanes(plane, `makespan-plain-${round}`);
    seconds.push(taken);
    plainSeconds.push(plain);
    progress(
      `makespan round ${round + 1}/${settings.rounds}: ${taken.toFixed(2)} s; plain clients ${plain.toFixed(2)} s`,
    );
  }
  await plane.stopController();
  return {
    ratios: { makespan_vs_ideal: figureOf(seconds.map((each) => each / idealSeconds)) },
    details: {
      idealSeconds,
      makespanSeconds: figureOf(seconds),
      plainClientsSeconds: figureOf(plainSeconds),
      makespanVsPlainClients: figureOf(seconds.map((each, index) => each / (plainSeconds[index] ?? 0))),
    },
  };
}

async function runWorkflow(plane: WorkflowPlane, namespace: string): Promise<number> {
  await plane.makeNamespace(namespace);
  const settled = new Set<string>();
  const last = plane.executions.first(({ object: { metadata, status } }) => {
    if (metadata.namespace === namespace && isSettledExecutionPhase(status?.phase))
      settled.add(metadata.name);
    return settled.size === steps;
  });
  const workflow = makeWorkflow('hundred').steps(steps, work).build();
  await plane.create(workflowExecutionKind, namespace, workflow);
  const answeredAt = performance.now();
  return ((await last).at - answeredAt) / 1_000;
}

/** Five clients, each of which creates an execution when its last one has settled: no queue, no status, no order. */
async function runPlainLanes(plane: WorkflowPlane, namespace: string): Promise<number> {
  await plane.makeNamespace(namespace);
  const paused = makeWorkflow('plain').steps(steps, work).withSpec({ paused: true }).build();
  await plane.create(workflowExecutionKind, namespace, paused);
  const answeredAt = performance.now();
  const lane = async (number: number): Promise<void> => {
    for (let step = number; step < steps; step += slots) {
      const name = `plain-${step}`;
      const settled = plane.executions.first(
        ({ object: { metadata, status } }) =>
          metadata.namespace === namespace &&
          metadata.name === name &&
          isSettledExecutionPhase(status?.phase),
      );
      await createAtOnce(plane, namespace, makeExecution(name).of('plain').withSpec(work).build());
      await settled;
    }
  };
  await Promise.all(Array.from({ length: slots }, (_, number) => lane(number)));
  return (performance.now() - answeredAt) / 1_000;
}

/** The webhook may hear of a settled execution a moment later than this process. */
async function createAtOnce(plane: WorkflowPlane, namespace: string, execution: object): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await plane.create(kubernetesExecutionKind, namespace, execution);
      return;
    } catch (error) {
      if (!isKubeStatus(error, 429) || tries === 100) throw error;
      await pause(2);
    }
  }
}
