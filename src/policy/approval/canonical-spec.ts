import { normaliseWorkflow } from '../../api/normalised-workflow.ts';
import type { WorkflowExecutionSpec } from '../../api/workflow-execution.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * The text whose hash a person approves, version 1: the JSON of the spec with its steps normalised and in the order
 * of their numbers, all keys sorted. Reordering keys or steps, or writing a default out, changes nothing; changing
 * what runs, where, as whom or in what order changes it. `paused` is left out, for pausing changes only when.
 */
export function canonicalSpec(spec: WorkflowExecutionSpec): string {
  const { steps: _steps, workflowDefinition, paused: _paused, ...rest } = spec;
  const { steps: _defined, ...definition } = workflowDefinition ?? { steps: [] };
  const steps = normaliseWorkflow(spec).steps.map((step) => ({
    ...step,
    dependencies: step.dependencies.toSorted((left, right) => left - right),
    unknownDependencies: step.unknownDependencies.toSorted(),
  }));
  return canonicalJson({
    version: 1,
    rest,
    definition,
    steps: steps.toSorted((left, right) => left.stepNumber - right.stepNumber),
  });
}
