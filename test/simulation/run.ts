import { parseArgs } from 'node:util';
import { applyMutation } from './apply-mutation.ts';
import { climates, type Climate } from './climates.ts';
import { mutations, rareMutations, spareRules } from './mutations.ts';
import { symptoms, type Symptom } from './symptoms.ts';

/*
 * `node test/simulation/run.ts --seeds 1000 [--from 1] [--climate calm] [--keep-going] [--progress]` runs seeds
 * and prints one line of JSON; exits 1 at the first one that fails.
 * `--seed 17 --climate rough [--trace]` replays one seed exactly, with `--trace` one line for each event.
 * `--mutation NAME` leaves a rule out. `--expect violation` looks for that kind of failure alone.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    climate: { type: 'string' },
    mutation: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    progress: { type: 'boolean', default: false },
    expect: { type: 'string' },
  },
});

const climate = named<Climate>('climate', climates, values.climate);
const mutation = withName('mutation', [...mutations, ...rareMutations, ...spareRules], values.mutation);
const checkMutation = mutation && applyMutation(mutation);
const { runSeed } = await import('./scenario.ts');
checkMutation?.();

const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const expected = named<Symptom>('symptom', symptoms, values.expect);
const looksFor = expected === undefined ? symptoms : [expected];
const totals = { seeds: 0, created: 0, denied: 0 };
const failedSeeds: Record<Symptom, number> = { violation: 0, 'lost-slots': 0, unjustified: 0, slow: 0 };
const failures: string[] = [];
for (let seed = first; seed < first + count; seed += 1) {
  const result = await runSeed(seed, climate, values.trace ? printEvent : undefined);
  totals.seeds += 1;
  totals.created += result.created;
  totals.denied += result.denied;
  for (const symptom of symptoms) if (result.symptoms[symptom].length > 0) failedSeeds[symptom] += 1;
  const found = looksFor.flatMap((symptom) => result.symptoms[symptom].map((what) => `${symptom}: ${what}`));
  if (found.length > 0) {
    const what = `seed ${seed} (${result.climate}): ${found.slice(0, 3).join('; ')}`;
    failures.push(what);
    const command = `node test/simulation/run.ts --seed ${seed} --climate ${result.climate}${mutation ? ` --mutation ${mutation.name}` : ''} --trace`;
    console.error(`${what}\nreplay: ${command}`);
    if (!values['keep-going']) break;
  }
  if (values.progress && totals.seeds % 500 === 0) {
    const { seeds, created, denied } = totals;
    console.error(`${seeds} seeds, ${created} created, ${denied} denied, ${failures.length} seeds failed`);
  }
}
const last = first + totals.seeds - 1;
console.log(JSON.stringify({ ...totals, ...failedSeeds, last, failures: failures.slice(0, 5) }));
process.exitCode = failures.length > 0 ? 1 : 0;

function printEvent(milliseconds: number, actor: string, what: string): void {
  console.log(`${String(milliseconds).padStart(7)} ${actor.padEnd(10)} ${what}`);
}

function named<Name extends string>(
  what: string,
  names: readonly Name[],
  name: string | undefined,
): Name | undefined {
  if (name === undefined) return undefined;
  const found = names.find((each) => each === name);
  if (found === undefined) throw new Error(`no such ${what}: ${name}; there are ${names.join(', ')}`);
  return found;
}

function withName<Item extends { readonly name: string }>(
  what: string,
  items: readonly Item[],
  name: string | undefined,
): Item | undefined {
  const found = named(
    what,
    items.map((item) => item.name),
    name,
  );
  return items.find((item) => item.name === found);
}
