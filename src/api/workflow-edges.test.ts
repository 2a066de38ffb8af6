import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { normaliseWorkflow } from './normalised-workflow.ts';
import { countEdges, maxEdgesPerWorkflow } from './workflow-edges.ts';
import { workflowExecutionSpecSchema } from './workflow-execution.ts';

/** The second half of the steps depends on the name of the first half. */
const fanned = (half: number) => ({
  steps: Array.from({ length: 2 * half }, (_, index) => ({
    stepNumber: index + 1,
    action: 'a',
    ...(index < half ? { name: 'a' } : { dependencies: ['a'] }),
  })),
});

test('dependencies are counted as they are resolved, whatever steps are called', () => {
  const text = fc.constantFrom('1', '2', '3', '4', '7', 'a', 'b', '01');
  const step = fc.record({ name: fc.option(text, { nil: undefined }), dependencies: fc.array(text) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
      const spec = {
        steps: steps.map(({ name, dependencies }, index) => ({
          stepNumber: index + 1,
          action: 'a',
          dependencies,
          ...(name !== undefined && { name }),
        })),
      };
      const resolved = normaliseWorkflow(spec).steps.map(
        (each) => each.dependencies.length + each.unknownDependencies.length,
      );
      expect(countEdges(spec)).toBe(resolved.reduce((sum, each) => sum + each, 0));
    }),
  );
});

describe('a spec', () => {
  it('may have as many dependencies as a hundred steps on a hundred others', () => {
    expect(countEdges(fanned(100))).toBe(maxEdgesPerWorkflow);
    expect(workflowExecutionSpecSchema.safeParse(fanned(100)).success).toBe(true);
  });

  it('of a quarter of a million dependencies is none, and is found out without a list of them', () => {
    const spec = fanned(500);
    expect(countEdges(spec)).toBe(250_000);
    const start = process.cpuUsage();
    for (let run = 0; run < 10; run += 1) countEdges(spec);
    // A list of them takes ten times as long.
    expect(process.cpuUsage(start).user / 10_000).toBeLessThan(10);
    const parsed = workflowExecutionSpecSchema.safeParse(spec);
    expect(parsed.error?.issues).toMatchObject([{ message: expect.stringContaining('10000 dependencies') }]);
  });

  it('whose steps name their dependencies twice has them once', () => {
    const steps = [
      { stepNumber: 1, action: 'a', name: 'one' },
      { stepNumber: 2, action: 'a', dependencies: ['1', 'one', '1', 'one'] },
    ];
    expect(countEdges({ steps })).toBe(1);
  });
});
