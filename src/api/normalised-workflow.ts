import { parseDuration } from './duration.ts';
import type { DefinitionStep, PlanStep, WorkflowExecutionSpec } from './workflow-execution.ts';

/** What undoes a step. */
export interface NormalisedRollback {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Absent: no limit. */
  readonly timeoutSeconds?: number;
}

/** A step, whichever of the two shapes it was written in. */
export interface NormalisedStep {
  readonly stepNumber: number;
  readonly name?: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Numbers of the steps that must be completed first, each once, as written: a number that no step has is kept. */
  readonly dependencies: readonly number[];
  /** Dependencies that are neither a number nor a step's name, as written. A step that has any can never run. */
  readonly unknownDependencies: readonly string[];
  readonly criticalStep: boolean;
  /** How often a failed attempt is repeated: 0 where the workflow does not say. */
  readonly maxRetries: number;
  /** How long one attempt may take. Absent: no limit. */
  readonly timeoutSeconds?: number;
  readonly targetCluster?: string;
  readonly rollback?: NormalisedRollback;
}

/** A workflow as the rest of stepgate reads it. */
export interface NormalisedWorkflow {
  /** In the order of the spec. */
  readonly steps: readonly NormalisedStep[];
}

/**
 * Brings either shape of a spec into the one that everything else reads. It judges nothing: cycles, doubled step
 * numbers and unknown dependencies come out as they went in, for a check of the graph to report. A spec with
 * neither shape has no steps.
 */
export function normaliseWorkflow(spec: WorkflowExecutionSpec): NormalisedWorkflow {
  const planned = spec.steps ?? [];
  const defined = spec.workflowDefinition?.steps ?? [];
  const find = dependencyFinder(planned);
  return {
    steps: [
      ...planned.map((step) => normaliseStep(step, resolve(step.dependencies ?? [], find))),
      ...defined.map((step) => normaliseStep(step, { known: unique(step.dependsOn ?? []), unknown: none })),
    ],
  };
}

interface Dependencies {
  readonly known: readonly number[];
  readonly unknown: readonly string[];
}

function normaliseStep(step: PlanStep | DefinitionStep, dependencies: Dependencies): NormalisedStep {
  const { stepNumber, name, action, targetCluster, rollbackSpec } = step;
  return {
    stepNumber,
    ...(name !== undefined && { name }),
    action,
    parameters: step.parameters ?? {},
    dependencies: dependencies.known,
    unknownDependencies: dependencies.unknown,
    criticalStep: step.criticalStep ?? false,
    maxRetries: step.maxRetries ?? 0,
    ...timeout(step.timeout),
    ...(targetCluster !== undefined && { targetCluster }),
    ...(rollbackSpec && {
      rollback: {
        action: rollbackSpec.action,
        parameters: rollbackSpec.parameters ?? {},
        ...timeout(rollbackSpec.timeout),
      },
    }),
  };
}

/** `0s` is what Go clients send for none. */
function timeout(text: string | undefined): { readonly timeoutSeconds?: number } {
  const milliseconds = parseDuration(text ?? '') ?? 0;
  return milliseconds > 0 ? { timeoutSeconds: milliseconds / 1000 } : {};
}

/**
 * The steps that a text means: the one with that number, else every one with that name, else the number that it
 * spells. Numbers come first, so that a step's name cannot take over the dependency on another step's number.
 */
function dependencyFinder(steps: readonly PlanStep[]): (text: string) => readonly number[] {
  const numbers = new Set(steps.map((step) => step.stepNumber));
  const named = Map.groupBy(steps, (step) => step.name);
  return (text) => {
    const number = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : undefined;
    if (number !== undefined && numbers.has(number)) return [number];
    const namesakes = named.get(text)?.map((step) => step.stepNumber);
    return namesakes ?? (number === undefined ? [] : [number]);
  };
}

function resolve(texts: readonly string[], find: (text: string) => readonly number[]): Dependencies {
  const each = unique(texts);
  return {
    known: unique(each.flatMap(find)),
    unknown: unique(each.filter((text) => find(text).length === 0)),
  };
}

/** One for all: thousands of steps are kept, and most depend on nothing. */
const none: readonly never[] = [];

function unique<Value>(values: readonly Value[]): readonly Value[] {
  return values.length === 0 ? none : [...new Set(values)];
}
