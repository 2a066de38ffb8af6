import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stormTable } from './report.ts';
import { runStorm } from './run-storm.ts';
import { settingsOf, type StormSettings } from './settings.ts';

/*
 * `make storm`: many clients against three replicas on a real API server, while replicas are killed and the limit
 * changes; an observer judges every resourceVersion. Prints a table, writes bench/results/storm.json, and ends
 * with 1 where the promises of the design were broken. STORM_VERBOSE=1 prints the unjustified denials.
 */
const file = join(import.meta.dirname, '../../bench/results/storm.json');

const settings = settingsOf(process.env);
console.error(`seed ${settings.seed}`);
const result = await runStorm(settings, { progress: (line) => console.error(line) });
if (process.env['STORM_VERBOSE'] === '1') {
  for (const { record, held, limit, phantoms } of result.unjustified) {
    console.error(JSON.stringify({ ...record, held, limit, phantoms }));
  }
}
for (const [reason, { count, example }] of result.outsideTable)
  console.error(`${count} × ${reason}: ${example}`);
console.log(stormTable(result.numbers));
writeResults(variantOf(settings), result.numbers);
for (const failure of result.failures) console.error(`FAILED: ${failure}`);
process.exitCode = result.failures.length > 0 ? 1 : 0;

function variantOf({ kills, applyRaces, pauseSeconds }: StormSettings): string {
  const base = kills ? 'kills' : pauseSeconds > 0 ? 'pause' : 'no_kills';
  const usual = kills === applyRaces;
  const parts = [base, ...(kills && pauseSeconds > 0 ? ['pause'] : [])];
  return [...parts, ...(usual ? [] : [applyRaces ? 'apply_races' : 'no_apply_races'])].join('_');
}

/** The default run stands at the top as well; the other variants keep what they had. */
function writeResults(variant: string, numbers: object): void {
  const runs = { ...earlierRuns(), [variant]: numbers };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...runs['kills'], runs }, undefined, 2)}\n`);
}

function earlierRuns(): Record<string, object> {
  try {
    const earlier = JSON.parse(readFileSync(file, 'utf8')) as { readonly runs?: Record<string, object> };
    return earlier.runs ?? {};
  } catch {
    return {};
  }
}
