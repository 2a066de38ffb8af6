/** How fast workflows run: `make bench`, after bench/approval.ts. Writes a table, and results/workflows.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartResult } from './bench-run.ts';
import { environmentOf } from './environment.ts';
import { measureApprovalWait } from './measure-approval-wait.ts';
import { measureIdle } from './measure-idle.ts';
import { measureMakespan } from './measure-makespan.ts';
import { measureRefill } from './measure-refill.ts';
import { measureThousandSteps } from './measure-thousand-steps.ts';
import { measureWorkflowMemory } from './measure-workflow-memory.ts';
import { ratioTable } from './report.ts';
import { readSettings, type WorkflowPart, workflowParts } from './settings.ts';
import type { Figure } from './statistics.ts';
import { startWorkflowPlane } from './workflow-plane.ts';
import type { WorkflowRun } from './workflow-run.ts';

const parts: Readonly<Record<WorkflowPart, (run: WorkflowRun) => Promise<PartResult>>> = {
  refill: measureRefill,
  makespan: measureMakespan,
  'thousand-steps': measureThousandSteps,
  'approval-wait': measureApprovalWait,
  idle: measureIdle,
  'workflow-memory': measureWorkflowMemory,
};

/** Keys of the table that compare nothing: they are counted or weighed. */
const absolute = new Set(['writes_per_step', 'idle_requests_per_minute', 'rss_mb_per_1k_workflows']);

const settings = readSettings(process.env);
const only = workflowParts.filter((part) => settings.only.includes(part));
if (only.length === 0) process.exit();
const startedAt = performance.now();
const progress = (line: string): void => {
  process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5)} s  ${line}\n`);
};
const results: [WorkflowPart, PartResult][] = [];
let version = '';
for (const part of only) {
  progress(`starting the control plane of ${part}`);
  // A fresh one for each part: what another has left behind is nobody's load.
  const plane = await startWorkflowPlane();
  version = plane.controlPlane.version;
  try {
    results.push([part, await parts[part]({ plane, settings, progress })]);
  } finally {
    await plane.stop();
  }
}
const found: Readonly<Record<string, Figure>> = Object.assign({}, ...results.map(([, { ratios }]) => ratios));
const medians = (isWanted: (key: string) => boolean): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(found)
      .filter(([key]) => isWanted(key))
      .map(([key, figure]) => [key, figure.median]),
  );
const report = {
  ratios: medians((key) => !absolute.has(key)),
  figures: medians((key) => absolute.has(key)),
  spread: found,
  rounds: settings.rounds,
  qps: 1_000,
  burst: 2_000,
  environment: environmentOf(version),
  details: Object.fromEntries(results.map(([part, { details }]) => [part, details])),
};
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'workflows.json'), `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(`\n${ratioTable(found)}\n`);
