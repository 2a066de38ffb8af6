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

/** Nor does a circle that is spelled out whole. */
const stepsShown = 20;

/**
 * The denial of a workflow whose steps cannot be put in an order, or undefined: step numbers given twice,
 * dependencies that no step has, and cycles, each cycle with its path. In time linear in steps and dependencies.
 */
export function checkGraph(steps: readonly NormalisedStep[], fields: GraphFields): Deny | undefined {
  const causes: Cause[] = [];
  for (const faults of [doubledNumbers, unknownDependencies, cycles]) {
    for (const cause of faults(steps, fields)) {
      if (causes.length === causesShown) break;
      causes.push(cause);
    }
  }
  if (causes.length === 0) return undefined;
  return deny(422, 'Invalid', causes.map((cause) => cause.message).join(' '), causes);
}

function* doubledNumbers(steps: readonly NormalisedStep[], fields: GraphFields): Generator<Cause> {
  const first = new Map<number, number>();
  for (const [index, { stepNumber }] of steps.entries()) {
    const before = first.get(stepNumber);
    if (before === undefined) {
      first.set(stepNumber, index);
      continue;
    }
    const message = `Steps ${before} and ${index} of the list have the same step number, ${stepNumber}.`;
    yield { reason: 'StepNumberDuplicate', field: `${fields.steps}[${index}].stepNumber`, message };
  }
}

function* unknownDependencies(steps: readonly NormalisedStep[], fields: GraphFields): Generator<Cause> {
  const numbers = new Set(steps.map((step) => step.stepNumber));
  for (const [index, step] of steps.entries()) {
    const missing = step.dependencies.filter((number) => !numbers.has(number));
    for (const dependency of [...missing, ...step.unknownDependencies]) {
      yield {
        reason: 'DependencyUnknown',
        field: `${fields.steps}[${index}].${fields.dependencies}`,
        message: `Step ${step.stepNumber} depends on step ${JSON.stringify(dependency)}, which does not exist.`,
      };
    }
  }
}

/** One cause for each cycle that a walk in depth meets; each step is walked once. */
function* cycles(steps: readonly NormalisedStep[], fields: GraphFields): Generator<Cause> {
  const byNumber = new Map(steps.map((step, index) => [step.stepNumber, { step, index }]));
  const done = new Set<number>();
  for (const { stepNumber } of steps) {
    // The steps of the walk, each with how many of its dependencies are done: no recursion, a chain may be long.
    const path: { readonly number: number; readonly dependencies: readonly number[]; next: number }[] = [];
    const onPath = new Set<number>();
    const enter = (number: number): void => {
      const found = byNumber.get(number);
      if (found === undefined || done.has(number)) return;
      path.push({ number, dependencies: found.step.dependencies, next: 0 });
      onPath.add(number);
    };
    enter(stepNumber);
    for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
      const next = here.dependencies[here.next];
      here.next += 1;
      if (next === undefined) {
        path.pop();
        onPath.delete(here.number);
        done.add(here.number);
      } else if (onPath.has(next)) {
        const round = path.slice(path.findIndex(({ number }) => number === next)).map(({ number }) => number);
        const index = byNumber.get(next)?.index ?? 0;
        yield {
          reason: 'DependencyCycle',
          field: `${fields.steps}[${index}].${fields.dependencies}`,
          message: `The steps depend on each other in a circle: ${roundShown([...round, next])}.`,
        };
      } else enter(next);
    }
  }
}

function roundShown(round: readonly number[]): string {
  if (round.length <= stepsShown) return round.join(' → ');
  const half = stepsShown / 2;
  const left = round.length - stepsShown;
  return `${round.slice(0, half).join(' → ')} → … (${left} more) … → ${round.slice(-half).join(' → ')}`;
}
