import type { NormalisedStep } from '../../src/api/normalised-workflow.ts';
import type { ActionRegistry } from '../../src/plugin/action-registry.ts';
import type { Action } from '../../src/plugin/action.ts';
import { findParameterFaults } from '../../src/plugin/check-parameters.ts';
import type { Cause } from '../../src/policy/verdict.ts';

/** What is known of the actions that analyses may recommend. */
export interface RecommendedActions {
  /** Why steps cannot be done by the actions there are: unknown ones, and parameters that do not fit. */
  faultsOf(steps: readonly NormalisedStep[]): readonly Cause[];
  /** Whether the action has a parameter `namespace`. */
  takesNamespace(action: string): boolean;
}

/** @param unknown `ignore`: an action that is not here may be another controller's, and is no fault */
export function recommendedActions(registry: ActionRegistry, unknown: 'fail' | 'ignore'): RecommendedActions {
  function faultsOfStep({ action: name, parameters }: NormalisedStep, index: number): readonly Cause[] {
    const field = `status.recommendations[${index}]`;
    const known = registry.find(name);
    if (known !== undefined) return parameterFaults(known.action, parameters, `${field}.parameters`);
    if (unknown === 'ignore') return [];
    const message = `There is no action ${JSON.stringify(name)}; there are ${registry.names.join(', ')}.`;
    return [{ reason: 'ActionUnknown', field: `${field}.action`, message }];
  }

  return {
    faultsOf: (steps) => steps.flatMap(faultsOfStep),
    takesNamespace: (name) => hasNamespace(registry.find(name)?.action),
  };
}

/** What a schema throws is a fault too: it harms this analysis alone. */
function parameterFaults(
  action: Action,
  parameters: Readonly<Record<string, unknown>>,
  field: string,
): readonly Cause[] {
  try {
    return findParameterFaults(action, parameters, field);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The schema of the action ${action.name} threw: ${why}`;
    return [{ reason: 'ParametersInvalid', field, message }];
  }
}

/** A schema that is no plain object, such as a union, tells nothing of its fields. */
function hasNamespace(action: Action | undefined): boolean {
  const shape: unknown = action === undefined ? undefined : Reflect.get(action.parameters, 'shape');
  return typeof shape === 'object' && shape !== null && Object.hasOwn(shape, 'namespace');
}
