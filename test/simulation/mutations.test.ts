import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BrokenMutationError, edited } from './apply-mutation.ts';
import { climates } from './climates.ts';
import { edgeMutations } from './edge-mutations.ts';
import { mutations, rareMutations, spareRules, type Mutation, type UnitMutation } from './mutations.ts';
import { runChild, runMutatedTest, type ChildResult } from './run-child.ts';

const timeout = 600_000;

const results = new Map<Mutation, Promise<ChildResult>>();

async function resultOf(mutation: Mutation): Promise<ChildResult> {
  const known = results.get(mutation);
  if (known !== undefined) return known;
  const { name, climate, expects, seeds } = mutation;
  const options = ['--mutation', name, '--climate', climate, '--expect', expects, '--seeds', String(seeds)];
  const result = runChild(options);
  results.set(mutation, result);
  return result;
}

describe('the simulation notices', () => {
  it.concurrent.each(mutations)(
    '$name in the climate $climate',
    async (mutation) => {
      const { failures, seeds } = await resultOf(mutation);
      expect(`${mutation.rule} In ${seeds} seeds: ${failures.join() || 'nothing'}`).toContain(
        `${mutation.expects}: `,
      );
    },
    timeout,
  );
});

describe('a unit test notices', () => {
  it.concurrent.each<UnitMutation>([...rareMutations, ...edgeMutations])(
    '$name',
    async ({ name, caughtBy }) => {
      expect(await runMutatedTest(name, caughtBy)).toEqual({ passed: [], failed: [caughtBy.test] });
    },
    timeout,
  );
});

describe('the code with all its rules passes the same seeds', () => {
  it.concurrent.each(climates)(
    'in the climate %s',
    async (climate) => {
      const caught = await Promise.all(mutations.filter((each) => each.climate === climate).map(resultOf));
      const seeds = Math.max(1, ...caught.map(({ last }) => last));
      const { failures, stderr } = await runChild(['--climate', climate, '--seeds', String(seeds)]);
      expect({ failures, stderr }).toEqual({ failures: [], stderr: '' });
    },
    timeout,
  );
});

describe('a mutation', () => {
  const edits = [...mutations, ...rareMutations, ...edgeMutations, ...spareRules].flatMap(({ name, edits }) =>
    edits.map((edit) => ({ name, ...edit })),
  );

  it.each(edits)('$name fits $file as it is', (edit) => {
    const source = readFileSync(new URL(`../../${edit.file}`, import.meta.url), 'utf8');
    expect(edited(source, edit)).not.toBe(source);
  });

  it('that does not fit the code is an error', () => {
    const edit = { file: 'x.ts', find: 'a', replace: 'b' };
    expect(() => edited('aa', edit)).toThrow(BrokenMutationError);
    expect(() => edited('c', edit)).toThrow('x.ts has 0 times: a');
    expect(edited('a $&', { ...edit, replace: "$'" })).toBe("$' $&");
  });

  it('of a spare rule says why nobody notices', () => {
    for (const { why } of spareRules) expect(why.length).toBeGreaterThan(40);
  });
});
