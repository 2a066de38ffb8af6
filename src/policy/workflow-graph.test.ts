import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NormalisedStep } from '../api/normalised-workflow.ts';
import { checkGraph } from './workflow-graph.ts';

const fields = { steps: 'spec.steps', dependencies: 'dependencies' };

function step(
  stepNumber: number,
  dependencies: readonly number[] = [],
  unknown: readonly string[] = [],
): NormalisedStep {
  return {
    stepNumber,
    action: 'a',
    parameters: {},
    dependencies,
    unknownDependencies: unknown,
    criticalStep: false,
    maxRetries: 0,
  };
}

describe('the graph of a workflow', () => {
  it('is accepted where the steps can be put in an order', () => {
    expect(checkGraph([step(1), step(2, [1]), step(3, [1, 2])], fields)).toBeUndefined();
  });

  it('is refused for a circle, with its path', () => {
    const denial = checkGraph([step(1, [3]), step(2, [1]), step(3, [2])], fields);
    expect(denial).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(denial?.causes).toEqual([
      {
        reason: 'DependencyCycle',
        field: 'spec.steps[0].dependencies',
        message: 'The steps depend on each other in a circle: 1 → 3 → 2 → 1.',
      },
    ]);
  });

  it('is refused for a step that depends on itself', () => {
    expect(checkGraph([step(7, [7])], fields)?.causes[0]?.message).toContain('7 → 7');
  });

  it('is refused for dependencies that no step has, one cause each', () => {
    const denial = checkGraph([step(1, [9], ['build'])], fields);
    expect(denial?.causes.map((cause) => cause.message)).toEqual([
      'Step 1 depends on step 9, which does not exist.',
      'Step 1 depends on step "build", which does not exist.',
    ]);
  });

  it('is refused for a step number given twice', () => {
    expect(checkGraph([step(1), step(1)], fields)?.causes).toMatchObject([
      { reason: 'StepNumberDuplicate', field: 'spec.steps[1].stepNumber' },
    ]);
  });

  it('names no more causes than a person reads', () => {
    const steps = Array.from({ length: 1_000 }, (_, index) => step(index + 1, [5_000]));
    expect(checkGraph(steps, fields)?.causes).toHaveLength(20);
  });

  it('survives a chain of a thousand steps, and one that bites its tail', () => {
    const chain = Array.from({ length: 1_000 }, (_, index) => step(index + 1, index === 0 ? [] : [index]));
    expect(checkGraph(chain, fields)).toBeUndefined();
    const circle = [step(1, [1_000]), ...chain.slice(1)];
    expect(checkGraph(circle, fields)?.causes[0]?.reason).toBe('DependencyCycle');
  });

  it('shows the ends of a circle that is too long to read', () => {
    const chain = Array.from({ length: 100 }, (_, index) => step(index + 1, [index === 0 ? 100 : index]));
    const message = checkGraph(chain, fields)?.message;
    expect(message).toMatch(/circle: 1 → 100 → 99 .* → … \(81 more\) … → .* → 2 → 1\.$/);
  });

  it('says no more of a thousand steps that all depend on each other than a person reads', () => {
    const all = Array.from({ length: 1_000 }, (_, index) => index + 1);
    const denial = checkGraph(
      all.map((number) => step(number, all)),
      fields,
    );
    expect(denial?.causes).toHaveLength(20);
    expect(denial?.message.length).toBeLessThan(5_000);
  });

  it('finds a circle exactly when no order exists', () => {
    const graphs = fc.integer({ min: 1, max: 8 }).chain((count) =>
      fc.array(fc.array(fc.integer({ min: 1, max: count }), { maxLength: 3 }), {
        minLength: count,
        maxLength: count,
      }),
    );
    fc.assert(
      fc.property(graphs, (dependencies) => {
        const steps = dependencies.map((list, index) => step(index + 1, [...new Set(list)]));
        expect(checkGraph(steps, fields) === undefined).toBe(hasOrder(steps));
      }),
      { numRuns: 500 },
    );
  });
});

/** Kahn's algorithm: takes steps whose dependencies are taken, until none is left or none can be taken. */
function hasOrder(steps: readonly NormalisedStep[]): boolean {
  const taken = new Set<number>();
  for (;;) {
    const next = steps.find(
      (each) => !taken.has(each.stepNumber) && each.dependencies.every((one) => taken.has(one)),
    );
    if (next === undefined) return taken.size === steps.length;
    taken.add(next.stepNumber);
  }
}
