/** How soon a decision takes effect: `make bench`, after bench/workflows.ts. Writes a table, and results/analysis.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf } from './environment.ts';
import { measureDecisionWait } from './measure-decision-wait.ts';
import { ratioTable } from './report.ts';
import { analysisParts, readSettings } from './settings.ts';
import { startWorkflowPlane } from './workflow-plane.ts';

const settings = readSettings(process.env);
if (!analysisParts.some((part) => settings.only.includes(part))) process.exit();
const startedAt = performance.now();
const progress = (line: string): void => {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
};
progress('starting the control plane of decision-wait');
const plane = await startWorkflowPlane();
try {
  const { ratios, details } = await measureDecisionWait({ plane, settings, progress });
  const report = {
    ratios: Object.fromEntries(Object.entries(ratios).map(([key, figure]) => [key, figure.median])),
    spread: ratios,
    rounds: settings.rounds,
    environment: environmentOf(plane.controlPlane.version),
    details,
  };
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'analysis.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(`\n${ratioTable(ratios)}\n`);
} finally {
  await plane.stop();
}
