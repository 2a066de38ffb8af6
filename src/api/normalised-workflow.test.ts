import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import { normaliseWorkflow } from './normalised-workflow.ts';

const dependenciesOf = (workflow: ReturnType<typeof makeWorkflow>) =>
  normaliseWorkflow(workflow.build().spec).steps.map(({ dependencies }) => dependencies);

describe('normaliseWorkflow', () => {
  it('reads a dependency that is named again and again once', () => {
    const step = { action: 'a', name: 'x', dependencies: Array.from({ length: 100 }, () => 'x') };
    const steps = Array.from({ length: 1_000 }, (_, index) => ({ ...step, stepNumber: index + 1 }));
    const normalised = normaliseWorkflow({ steps }).steps;
    expect(normalised.every(({ dependencies }) => dependencies.length === 1_000)).toBe(true);
  });

  it('reads the same steps from both shapes', () => {
    const step = {
      name: 'first',
      parameters: { replicas: 3 },
      criticalStep: true,
      maxRetries: 2,
      timeout: '1m30s',
      targetCluster: 'east',
      rollbackSpec: { action: 'scale_deployment', parameters: { replicas: 1 }, timeout: '10s' },
    };
    const workflow = makeWorkflow('w').step(step).chain(2);
    const normalised = normaliseWorkflow(workflow.build().spec);
    expect(normaliseWorkflow(workflow.asDefinition().build().spec)).toEqual(normalised);
    expect(normalised.steps).toEqual([
      {
        stepNumber: 1,
        name: 'first',
        action: 'scale_deployment',
        parameters: { replicas: 3 },
        dependencies: [],
        unknownDependencies: [],
        criticalStep: true,
        maxRetries: 2,
        timeoutSeconds: 90,
        targetCluster: 'east',
        rollback: { action: 'scale_deployment', parameters: { replicas: 1 }, timeoutSeconds: 10 },
      },
      expect.objectContaining({ stepNumber: 2, dependencies: [1] }),
      expect.objectContaining({ stepNumber: 3, dependencies: [2] }),
    ]);
  });

  it('fills in what a step leaves out', () => {
    expect(normaliseWorkflow(makeWorkflow('w').step().build().spec).steps).toEqual([
      {
        stepNumber: 1,
        action: 'scale_deployment',
        parameters: {},
        dependencies: [],
        unknownDependencies: [],
        criticalStep: false,
        maxRetries: 0,
      },
    ]);
  });

  it.each(['0s', '0m0s'])('takes a timeout of %s for none, as Go clients send it', (timeout) => {
    const [step] = normaliseWorkflow(makeWorkflow('w').step({ timeout }).build().spec).steps;
    expect(step).not.toHaveProperty('timeoutSeconds');
  });

  it('finds dependencies by number and by name', () => {
    const workflow = makeWorkflow('w')
      .step({ name: 'cordon' })
      .step({ name: 'drain' })
      .step({ dependencies: ['1', 'drain'] });
    expect(dependenciesOf(workflow)).toEqual([[], [], [1, 2]]);
  });

  it('depends on every step of a name that several have', () => {
    const workflow = makeWorkflow('w')
      .step({ name: 'a' })
      .step({ name: 'a' })
      .step({ dependencies: ['a'] });
    expect(dependenciesOf(workflow).at(-1)).toEqual([1, 2]);
  });

  it('prefers the number, so that a name cannot take over a dependency', () => {
    const workflow = makeWorkflow('w')
      .step({ name: 'x' })
      .step({ name: '1' })
      .step({ dependencies: ['1'] });
    expect(dependenciesOf(workflow).at(-1)).toEqual([1]);
  });

  it('falls back to a name that looks like a number', () => {
    const workflow = makeWorkflow('w')
      .step({ name: '77' })
      .step({ dependencies: ['77'] });
    expect(dependenciesOf(workflow).at(-1)).toEqual([1]);
  });

  it('keeps unknown dependencies as they are', () => {
    const plan = makeWorkflow('w').step({ dependencies: ['9', 'nobody', '007', 'nobody', '9'] });
    const [step] = normaliseWorkflow(plan.build().spec).steps;
    expect(step).toMatchObject({ dependencies: [9], unknownDependencies: ['nobody', '007'] });
    const definition = makeWorkflow('w')
      .step({ dependencies: ['9', '9'] })
      .asDefinition();
    expect(dependenciesOf(definition)).toEqual([[9]]);
  });

  it('loses no step and no dependency, whatever the workflow', () => {
    const drafts = fc.array(
      fc.record({
        stepNumber: fc.integer({ min: 1, max: 5 }),
        name: fc.constantFrom('', 'a', 'b', '2', '__proto__', 'constructor'),
        dependencies: fc.array(fc.constantFrom('1', '2', '7', 'a', 'b', 'x', '__proto__', 'toString'), {
          maxLength: 5,
        }),
      }),
    );
    fc.assert(
      fc.property(drafts, (steps) => {
        const workflow = steps.reduce((builder, draft) => builder.step(draft), makeWorkflow('w'));
        const normalised = normaliseWorkflow(workflow.build().spec).steps;
        expect(normalised.map(({ stepNumber }) => stepNumber)).toEqual(
          steps.map(({ stepNumber }) => stepNumber),
        );
        normalised.forEach(({ dependencies, unknownDependencies }, index) => {
          const written = new Set(steps[index]?.dependencies);
          expect(dependencies.length + unknownDependencies.length > 0).toBe(written.size > 0);
          for (const unknown of unknownDependencies)
            expect(steps.some(({ name }) => name === unknown)).toBe(false);
        });
      }),
    );
  });
});
