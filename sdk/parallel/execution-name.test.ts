import { describe, expect, it } from 'vitest';
import { isObjectName } from '../../src/api/object-name.ts';
import { executionName } from './execution-name.ts';

describe('executionName', () => {
  it('is made of the workflow and the step', () => {
    expect(executionName('restart', 3)).toBe('restart-step-3');
    expect(executionName('restart', 3, 'rollback')).toBe('restart-step-3-rollback');
  });

  it('fits an object, however long the workflow is called', () => {
    for (const length of [240, 244, 245, 246, 247, 250, 253]) {
      for (const tail of ['a', '.a', '-a']) {
        const workflow = 'w'.repeat(length - tail.length) + tail;
        for (const name of [executionName(workflow, 2_147_483_647), executionName(workflow, 1, 'rollback')])
          expect(isObjectName(name), name).toBe(true);
      }
    }
  });

  it('can be cut at a dot', () => {
    const workflow = `${'a.'.repeat(126)}a`;
    for (let step = 1; step < 1_000_000_000; step *= 10)
      expect(isObjectName(executionName(workflow, step))).toBe(true);
  });

  it('tells long workflows and their steps apart, always in the same way', () => {
    const [one, other] = [`${'w'.repeat(252)}a`, `${'w'.repeat(252)}b`];
    const names = [one, other].flatMap((workflow) => [1, 2].map((step) => executionName(workflow, step)));
    expect(new Set(names).size).toBe(4);
    expect(executionName(one, 1)).toBe(executionName(one, 1));
  });
});
