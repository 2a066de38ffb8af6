import type { NormalisedStep } from '../api/normalised-workflow.ts';
import { deny, type Cause, type Deny } from './verdict.ts';

/** Where the steps stand in the spec, for the causes' fields. */
export interface GraphFields {
  /** `spec.steps` or `spec.workflowDefinition.steps`. */
  readonly steps: string;
  /** `dependencies` or `dependsOn`. */
  readonly dependencies: string;
}

/** A message that lists everything helps nobody. */
const causesShown = 20;

/**
 * The denial of a workflow whose steps cannot be put in an order, or undefined: step numbers given twice,
 * dependencies that no step has, and cycles, each cycle with its path. In time linear in steps and dependencies.
 */
export function checkGraph(steps: readonly NormalisedStep[], fields: GraphFields): Deny | undefined {
  const causes = [
    ...doubledNumbers(steps, fields),
    ...unknownDependencies(steps, fields),
    ...cycles(steps, fields),
  ];
  if (causes.length === 0) return undefined;
  const message = causes
    .slice(0, causesShown)
    .map((cause) => cause.message)
    .join(' ');
  return deny(422, 'Invalid', message, causes.slice(0, causesShown));
}

function doubledNumbers(steps: readonly NormalisedStep[], fields: GraphFields): Cause[] {
  const first = new Map<number, number>();
  return steps.flatMap((step, index) => {
    const before = first.get(step.stepNumber);
    if (before === undefined) {
      first.set(step.stepNumber, index);
      return [];
    }
    const message = `Steps ${before} and ${index} of the list have the same step number, ${step.stepNumber}.`;
    return [{ reason: 'StepNumberDuplicate', field: `${fields.steps}[${index}].stepNumber`, message }];
  });
}

function unknownDependencies(steps: readonly NormalisedStep[], fields: GraphFields): Cause[] {
  const numbers = new Set(steps.map((step) => step.stepNumber));
  return steps.flatMap((step, index) => {
    const unknown = [
      ...step.dependencies.filter((number) => !numbers.has(number)),
      ...step.unknownDependencies,
    ];
    return unknown.map((dependency) => ({
      reason: 'DependencyUnknown',
      field: `${fields.steps}[${index}].${fields.dependencies}`,
      message: `Step ${step.stepNumber} depends on step ${JSON.stringify(dependency)}, which does not exist.`,
    }));
  });
}

/** One cause for each cycle that a walk in depth meets; each step is walked once. */
function cycles(steps: readonly NormalisedStep[], fields: GraphFields): Cause[] {
  const byNumber = new Map(steps.map((step, index) => [step.stepNumber, { step, index }]));
  const done = new Set<number>();
  const causes: Cause[] = [];
  for (const { stepNumber } of steps) {
    // The steps of the walk, each with the dependencies it has still to follow: no recursion, a chain may be long.
    const path: { readonly number: number; readonly left: number[] }[] = [];
    const onPath = new Set<number>();
    const enter = (number: number): void => {
      const found = byNumber.get(number);
      if (found === undefined || done.has(number)) return;
      path.push({ number, left: [...found.step.dependencies] });
      onPath.add(number);
    };
    enter(stepNumber);
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const next = here.left.shift();
      if (next === undefined) {
        path.pop();
        onPath.delete(here.number);
        done.add(here.number);
      } else if (onPath.has(next)) {
        const round = path.slice(path.findIndex(({ number }) => number === next)).map(({ number }) => number);
        const index = byNumber.get(next)?.index ?? 0;
        causes.push({
          reason: 'DependencyCycle',
          field: `${fields.steps}[${index}].${fields.dependencies}`,
          message: `The steps depend on each other in a circle: ${[...round, next].join(' → ')}.`,
        });
      } else enter(next);
    }
  }
  return causes;
}
