import type { BenchRun, PartResult } from './bench-run.ts';
import { summary } from './compare-throughput.ts';
import { measure, settleDown, type Measurement } from './measure.ts';

const replicaCounts = [1, 2, 3];
const workflowCounts = [1, 10, 100, 1_000];
const clients = 16;

/** One point of the curve. */
export interface CurvePoint {
  readonly replicas: number;
  readonly workflows: number;
  readonly [figure: string]: unknown;
}

/** Creates per second and p99 of 16 clients, by the number of workflows and of replicas. */
export async function measureCurve(run: BenchRun): Promise<PartResult> {
  const { settings } = run;
  const plane = await run.plane('journal');
  const names = new Map<number, readonly string[]>();
  for (const count of workflowCounts) {
    names.set(count, await plane.makeNamespace(`bench-curve-${count}`, count));
  }
  const points: CurvePoint[] = [];
  for (const replicas of replicaCounts) {
    await plane.useReplicas(replicas);
    const rounds = new Map<number, Measurement[]>(workflowCounts.map((count) => [count, []]));
    for (let round = -1; round < Math.min(settings.rounds, 3); round += 1) {
      for (const count of workflowCounts) {
        const measurement = await measure(plane, run.clients, {
          namespace: `bench-curve-${count}`,
          workflows: names.get(count) ?? [],
          clients,
          creates: round < 0 ? Math.ceil(settings.warmUp / 2) : settings.creates,
          round: `replicas-${replicas}-round-${round + 1}`,
        });
        await settleDown();
        if (round >= 0) rounds.get(count)?.push(measurement);
      }
    }
    for (const [workflows, measurements] of rounds) {
      points.push({ replicas, workflows, ...summary(measurements) });
      const [last] = measurements.slice(-1);
      run.progress(
        `curve ${replicas} replicas, ${workflows} workflows: ${last?.perSecond.toFixed(0)}/s p99 ${last?.p99.toFixed(1)} ms`,
      );
    }
  }
  return { ratios: {}, details: { points } };
}
