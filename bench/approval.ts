/** What approval costs: `make bench`, after bench/admission.ts. Writes a table, and results/approval.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBenchRun, type BenchRun, type PartResult } from './bench-run.ts';
import { compareGatedCreates, compareWorkflowCreates } from './compare-approval.ts';
import { environmentOf } from './environment.ts';
import { ratioTable } from './report.ts';
import { approvalParts, readSettings, type ApprovalPart } from './settings.ts';
import type { Figure } from './statistics.ts';

const parts: Readonly<Record<ApprovalPart, (run: BenchRun) => Promise<PartResult>>> = {
  'small-workflow': compareWorkflowCreates,
  'gated-execution': compareGatedCreates,
};

const settings = readSettings(process.env);
const only = approvalParts.filter((part) => settings.only.includes(part));
if (only.length === 0) process.exit();
const startedAt = performance.now();
const progress = (line: string): void => {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
};
const run = startBenchRun(settings, progress);
try {
  const results: [ApprovalPart, PartResult][] = [];
  for (const part of only) {
    results.push([part, await parts[part](run)]);
    if (part === 'small-workflow') await run.release('noop');
  }
  const { version } = (await run.plane('journal')).controlPlane;
  const ratios: Readonly<Record<string, Figure>> = Object.assign(
    {},
    ...results.map(([, { ratios }]) => ratios),
  );
  const report = {
    ratios: Object.fromEntries(Object.entries(ratios).map(([key, figure]) => [key, figure.median])),
    spread: ratios,
    rounds: settings.rounds,
    creates: settings.lonelyCreates,
    environment: environmentOf(version),
    details: Object.fromEntries(results.map(([part, { details }]) => [part, details])),
  };
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'approval.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(`\n${ratioTable(ratios)}\n`);
} finally {
  await run.stop();
}
