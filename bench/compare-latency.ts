import type { BenchRun, PartResult } from './bench-run.ts';
import { unreachedLimit, type ComparedPlane } from './compared-plane.ts';
import { brief, rotated, summary } from './compare-throughput.ts';
import { measure, settleDown, type Measurement } from './measure.ts';
import { eventually } from '../test/cluster/eventually.ts';
import { figureOf, percentile } from './statistics.ts';

/** Creates of one variant in a row before it is the other's turn. */
const blockSize = 50;

/** One side of a comparison of single clients. */
interface Side {
  readonly name: string;
  readonly plane: ComparedPlane;
  readonly workflows: readonly string[];
  readonly expectedCode: number;
}

/** p50 of an admitted create, ours and noop's. */
export async function compareAllowLatency(run: BenchRun): Promise<PartResult> {
  const namespace = 'bench-latency';
  const sides: Side[] = [];
  for (const variant of ['journal', 'noop'] as const) {
    const plane = await run.plane(variant);
    const workflows = await plane.makeNamespace(namespace, 50);
    sides.push({ name: variant, plane, workflows, expectedCode: 201 });
  }
  return compare(run, namespace, sides, 'allow_latency_vs_noop');
}

/** p50 of a refused create of ours, and of an admitted one of noop's. */
export async function compareDenyLatency(run: BenchRun): Promise<PartResult> {
  const namespace = 'bench-deny';
  const [journal, noop] = [await run.plane('journal'), await run.plane('noop')];
  const workflows = await journal.makeNamespace(namespace, 50);
  await noop.makeNamespace(namespace, 50);
  const limit = 5;
  const order = { namespace, workflows, clients: 4, target: journal.target };
  await run.clients.carryOut({ ...order, creates: limit * workflows.length, prefix: 'holder' });
  await journal.setLimit(limit);
  let probe = 0;
  await eventually('both replicas refuse', async () => {
    const outcome = run.clients.carryOut(
      { ...order, clients: 16, creates: 64, prefix: `probe-${probe++}` },
      429,
    );
    return outcome.then(
      () => true,
      () => false,
    );
  });
  try {
    return await compare(
      run,
      namespace,
      [
        { name: 'journal', plane: journal, workflows, expectedCode: 429 },
        { name: 'noop', plane: noop, workflows, expectedCode: 201 },
      ],
      'deny_latency_vs_noop',
    );
  } finally {
    await journal.setLimit(unreachedLimit);
  }
}

async function compare(
  run: BenchRun,
  namespace: string,
  sides: readonly Side[],
  key: string,
): Promise<PartResult> {
  const { settings } = run;
  const block = (side: Side, creates: number, round: string) =>
    measure(side.plane, run.clients, { ...side, namespace, clients: 1, creates, round });
  for (const side of sides) await block(side, Math.ceil(settings.warmUp / 2), 'warm-up');
  await settleDown();

  const measurements: Record<string, Measurement[]> = Object.fromEntries(sides.map(({ name }) => [name, []]));
  const p50s: Record<string, number[]> = Object.fromEntries(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < settings.rounds; round += 1) {
    const milliseconds: Record<string, number[]> = {};
    for (let done = 0; done < settings.lonelyCreates; done += blockSize) {
      for (const side of rotated(sides, done / blockSize)) {
        const measurement = await block(side, blockSize, `round-${round}-${done}`);
        measurements[side.name]?.push(measurement);
        (milliseconds[side.name] ??= []).push(...measurement.milliseconds);
      }
    }
    for (const { name } of sides) {
      const p50 = percentile(milliseconds[name] ?? [], 0.5);
      p50s[name]?.push(p50);
      const last = measurements[name]?.at(-1);
      run.progress(
        `${key} round ${round + 1}/${settings.rounds} ${name}: p50 ${p50.toFixed(2)} ms${last === undefined ? '' : `; last block ${brief(last)}`}`,
      );
    }
  }
  const [ours = [], theirs = []] = sides.map(({ name }) => p50s[name]);
  return {
    ratios: { [key]: figureOf(ours.map((p50, index) => p50 / (theirs[index] ?? Number.NaN))) },
    details: Object.fromEntries(
      sides.map(({ name }) => [
        name,
        { p50OfRounds: figureOf(p50s[name] ?? []), blocks: summary(measurements[name] ?? []) },
      ]),
    ),
  };
}
