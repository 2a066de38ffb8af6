import { describe, expect, it } from 'vitest';
import { makeWorkflow } from '../../test/builders/workflow-builder.ts';
import {
  maxDependenciesPerStep,
  maxStepsPerWorkflow,
  workflowExecutionSchema,
} from './workflow-execution.ts';

const accepts = (workflow: unknown) => workflowExecutionSchema.safeParse(workflow).success;
const plan = makeWorkflow('w').chain(3);

describe('workflowExecutionSchema', () => {
  it('accepts both shapes', () => {
    expect(accepts(plan.build())).toBe(true);
    expect(accepts(plan.asDefinition().build())).toBe(true);
  });

  it('refuses neither shape and both', () => {
    const { spec } = plan.asDefinition().build();
    expect(accepts({ metadata: { name: 'w' }, spec: {} })).toBe(false);
    expect(accepts({ metadata: { name: 'w' }, spec: { ...spec, steps: [] } })).toBe(false);
    expect(accepts({ metadata: { name: 'w' } })).toBe(false);
  });

  it("keeps kubernaut's other fields", () => {
    const foreign = { remediationRequestRef: { name: 'r' }, executionStrategy: { dryRunFirst: true } };
    const workflow = plan.asDefinition().withSpec(foreign).build();
    expect(workflowExecutionSchema.parse(workflow).spec).toMatchObject(foreign);
  });

  it('takes parameters of any JSON value', () => {
    const parameters = { a: 'b', b: 3, c: null, d: [1, { e: true }], f: { g: {} } };
    const workflow = makeWorkflow('w').step({ parameters }).build();
    expect(workflowExecutionSchema.parse(workflow).spec.steps?.[0]?.parameters).toEqual(parameters);
  });

  it('bounds steps and dependencies', () => {
    expect(accepts(makeWorkflow('w').steps(maxStepsPerWorkflow).build())).toBe(true);
    expect(
      accepts(
        makeWorkflow('w')
          .steps(maxStepsPerWorkflow + 1)
          .build(),
      ),
    ).toBe(false);
    const dependingOn = (count: number) =>
      makeWorkflow('w').step({ dependencies: Array<string>(count).fill('1') });
    expect(accepts(dependingOn(maxDependenciesPerStep).build())).toBe(true);
    expect(accepts(dependingOn(maxDependenciesPerStep + 1).build())).toBe(false);
  });

  it.each([{ stepNumber: 0 }, { stepNumber: 1.5 }, { action: '' }, { timeout: 'soon' }, { maxRetries: -1 }])(
    'refuses a step with %j',
    (draft) => {
      expect(accepts(makeWorkflow('w').step(draft).build())).toBe(false);
    },
  );
});
