import type { BenchRun, PartResult } from './bench-run.ts';
import type { ComparedPlane, Variant } from './compared-plane.ts';
import { measure, settleDown, type Measurement } from './measure.ts';
import { figureOf, median, type Figure } from './statistics.ts';

/** Many clients, one namespace, one plane after the other in each round. */
export interface ThroughputComparison {
  readonly part: string;
  readonly clients: number;
  readonly workflows: number;
  /** Executions that are active all the time. */
  readonly activeBefore?: number;
  /** The ratio `over` / `under` of creates per second, by key. */
  readonly ratios: Readonly<Record<string, { readonly over: Variant; readonly under: Variant }>>;
}

/** Interleaved rounds; a ratio is made within each round, of what ran within the same half minute. */
export async function compareThroughput(
  run: BenchRun,
  { part, clients, workflows: workflowCount, activeBefore, ratios }: ThroughputComparison,
): Promise<PartResult> {
  const { settings } = run;
  const variants = [...new Set(Object.values(ratios).flatMap(({ over, under }) => [over, under]))];
  const namespace = `bench-${part}`;
  const workflows = new Map<Variant, readonly string[]>();
  for (const variant of variants) {
    const plane = await run.plane(variant);
    const names = await plane.makeNamespace(namespace, workflowCount);
    workflows.set(variant, names);
    const block = { namespace, workflows: names, clients };
    if (activeBefore !== undefined)
      await measure(plane, run.clients, { ...block, creates: activeBefore, round: 'before', cleanUp: false });
    await measure(plane, run.clients, { ...block, creates: settings.warmUp, round: 'warm-up' });
  }
  await settleDown();

  const rounds: Record<string, Measurement[]> = Object.fromEntries(variants.map((variant) => [variant, []]));
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const variant of rotated(variants, round)) {
      const plane: ComparedPlane = await run.plane(variant);
      const measurement = await measure(plane, run.clients, {
        namespace,
        workflows: workflows.get(variant) ?? [],
        clients,
        creates: settings.creates,
        round: `round-${round}`,
      });
      await settleDown();
      rounds[variant]?.push(measurement);
      run.progress(
        `${part} round ${round + 1}/${settings.rounds} ${variant}: ${measurement.perSecond.toFixed(0)}/s ${brief(measurement)}`,
      );
    }
  }
  return {
    ratios: Object.fromEntries(
      Object.entries(ratios).map(([key, { over, under }]) => [key, ratioOf(rounds, over, under)]),
    ),
    details: Object.fromEntries(Object.entries(rounds).map(([variant, all]) => [variant, summary(all)])),
  };
}

/** Nobody is always first. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  return items.map((_, index) => items[(index + by) % items.length]).filter((item) => item !== undefined);
}

function ratioOf(
  rounds: Readonly<Record<string, readonly Measurement[]>>,
  over: Variant,
  under: Variant,
): Figure {
  const below = rounds[under] ?? [];
  return figureOf(
    (rounds[over] ?? []).map(({ perSecond }, index) => perSecond / (below[index]?.perSecond ?? Number.NaN)),
  );
}

/** Medians over the rounds. */
export function summary(rounds: readonly Measurement[]): object {
  return {
    perSecond: figureOf(rounds.map(({ perSecond }) => perSecond)),
    p50Milliseconds: figureOf(rounds.map(({ p50 }) => p50)),
    p99Milliseconds: figureOf(rounds.map(({ p99 }) => p99)),
    cpuMillisecondsPerCreate: medians(rounds.map(({ cpu }) => cpu)),
    journalPerCreate: medians(rounds.map(({ journal }) => journal)),
  };
}

function medians(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const keys = Object.keys(records[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => [key, Number(median(records.map((record) => record[key] ?? 0)).toPrecision(3))]),
  );
}

/** One line for who watches. */
export function brief({ p50, p99, cpu, journal }: Measurement): string {
  const list = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([key, value]) => `${key} ${value.toFixed(2)}`)
      .join(' ');
  return `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms | CPU ms/create: ${list(cpu)} | journal/create: ${list(journal)}`;
}
