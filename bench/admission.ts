/** What admission costs, beside other ways to do it: `make bench`. Writes a table, and results/admission.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBenchRun, type BenchRun, type PartResult } from './bench-run.ts';
import { compareAllowLatency, compareDenyLatency } from './compare-latency.ts';
import { compareThroughput } from './compare-throughput.ts';
import { environmentOf } from './environment.ts';
import { measureCurve, type CurvePoint } from './measure-curve.ts';
import { measureMemory } from './measure-memory.ts';
import { curveTable, ratioTable } from './report.ts';
import { admissionParts, readSettings, type AdmissionPart } from './settings.ts';
import type { Figure } from './statistics.ts';

const parts: Readonly<Record<AdmissionPart, (run: BenchRun) => Promise<PartResult>>> = {
  latency: compareAllowLatency,
  deny: compareDenyLatency,
  'throughput-16': (run) =>
    compareThroughput(run, {
      part: 'throughput-16',
      clients: 16,
      workflows: 50,
      ratios: { allow_throughput_vs_noop: { over: 'journal', under: 'noop' } },
    }),
  'throughput-64': (run) =>
    compareThroughput(run, {
      part: 'throughput-64',
      clients: 64,
      workflows: 50,
      ratios: {
        allow_throughput_vs_noop_64: { over: 'journal', under: 'noop' },
        allow_throughput_vs_resourcequota: { over: 'journal', under: 'resourcequota' },
      },
    }),
  list: (run) =>
    compareThroughput(run, {
      part: 'list',
      clients: 16,
      workflows: 200,
      activeBefore: 1_000,
      ratios: { throughput_vs_list_per_request: { over: 'journal', under: 'list' } },
    }),
  curve: measureCurve,
  memory: measureMemory,
};

const settings = readSettings(process.env);
const only = admissionParts.filter((part) => settings.only.includes(part));
if (only.length === 0) process.exit();
const startedAt = performance.now();
const progress = (line: string): void => {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
};
const run = startBenchRun(settings, progress);
try {
  const results: Partial<Record<AdmissionPart, PartResult>> = {};
  for (const part of only) {
    results[part] = await parts[part](run);
    if (part === 'throughput-64') await Promise.all([run.release('noop'), run.release('resourcequota')]);
    if (part === 'list') await run.release('list');
  }
  const { version } = (await run.plane('journal')).controlPlane;
  const ratios = Object.assign({}, ...Object.values(results).map((result) => result.ratios)) as Record<
    string,
    Figure
  >;
  const points = results.curve?.details['points'] as readonly CurvePoint[] | undefined;
  const report = {
    ratios: Object.fromEntries(Object.entries(ratios).map(([key, figure]) => [key, figure.median])),
    spread: ratios,
    curve: points ?? [],
    rounds: settings.rounds,
    creates: settings.creates,
    environment: environmentOf(version),
    details: Object.fromEntries(
      Object.entries(results).map(([part, { details }]) => [part, part === 'curve' ? undefined : details]),
    ),
  };
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'admission.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(`\n${ratioTable(ratios)}\n`);
  if (points !== undefined) process.stdout.write(`\n${curveTable(points)}\n`);
} finally {
  await run.stop();
}
