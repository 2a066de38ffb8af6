import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { BrokenMutationError, edited } from './apply-mutation.ts';
import { edgeMutations } from './edge-mutations.ts';
import { mutations, rareMutations } from './mutations.ts';

/*
 * `node test/simulation/run-mutated-test.ts --mutation NAME --file path/of/a.test.ts [--test 'full name of a test']`
 * runs unit tests against the code with that rule left out, and prints one line of JSON: the tests that passed and
 * those that failed, by their full names.
 */
const { values } = parseArgs({
  options: { mutation: { type: 'string' }, file: { type: 'string' }, test: { type: 'string' } },
});

const mutation = [...mutations, ...rareMutations, ...edgeMutations].find(
  ({ name }) => name === values.mutation,
);
if (mutation === undefined) throw new BrokenMutationError(`there is no mutation ${values.mutation}`);
const root = fileURLToPath(new URL('../../', import.meta.url));
const pending = new Set(mutation.edits);

const vitest = await startVitest(
  'test',
  values.file === undefined ? [] : [values.file],
  {
    root,
    config: false,
    watch: false,
    include: ['**/*.test.ts'],
    testTimeout: 60_000,
    reporters: [{}],
    // What is loaded here must be kept for nobody.
    fsModuleCache: false,
  },
  {
    plugins: [
      {
        name: 'mutation',
        enforce: 'pre',
        load(id) {
          const here = mutation.edits.filter(({ file }) => `${root}${file}` === id);
          if (here.length === 0) return undefined;
          for (const edit of here) pending.delete(edit);
          return here.reduce(edited, readFileSync(id, 'utf8'));
        },
      },
    ],
  },
);
const tests = vitest.state
  .getTestModules()
  .flatMap(({ children }) => [...children.allTests()])
  .filter(({ fullName }) => values.test === undefined || fullName === values.test);
const named = (state: string): string[] =>
  tests.filter((test) => test.result().state === state).map(({ fullName }) => fullName);
const result = { passed: named('passed'), failed: named('failed') };
await vitest.close();
for (const { file } of pending) throw new BrokenMutationError(`${mutation.name}: ${file} was not loaded`);
console.log(JSON.stringify(result));
