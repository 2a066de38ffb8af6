import { expect, test } from 'vitest';
import { suggestKey } from './suggest-key.ts';

const known = ['max-parallel-steps', 'enforcement', 'require-workflow'];

test.each([
  ['max-paralel-steps', 'max-parallel-steps'],
  ['max_parallel_steps', 'max-parallel-steps'],
  ['maxParallelSteps', 'max-parallel-steps'],
  ['MAX_PARALLEL_STEPS', 'max-parallel-steps'],
  ['enforcment', 'enforcement'],
  ['require-workflows', 'require-workflow'],
])('%s was meant to be %s', (key, meant) => {
  expect(suggestKey(key, known)).toBe(meant);
});

test.each(['', 'x', 'log-level', 'x'.repeat(253)])('%j is no typo of anything', (key) => {
  expect(suggestKey(key, known)).toBeUndefined();
});
