import { rollbackOfAnnotation } from '../../src/api/names.ts';
import { isSettledExecutionPhase } from '../../src/api/phase.ts';
import type { Action } from '../../src/plugin/action.ts';
import type { ActionRegistry } from '../../src/plugin/action-registry.ts';
import { parseParameters } from './parse-parameters.ts';
import type { RunDependencies } from './run-dependencies.ts';
import { refuseExecution, type RunEnd, runExecution } from './run-execution.ts';
import type { ActionPlaces } from './action-places.ts';
import type { StoredExecution } from './stored-execution.ts';
import { takeUp } from './take-up.ts';
import { unrunnable } from './unrunnable.ts';

/** What an execution of ours leads to. */
export interface Work {
  /** `place`: gives back the place that it was given. */
  readonly run: (signal: AbortSignal, place?: () => void) => Promise<RunEnd>;
  /** What it needs a place of before it begins; undefined: it begins without one. */
  readonly places: ActionPlaces | undefined;
}

/** What decides whose an execution is. */
export interface WorkFacts {
  readonly registry: ActionRegistry;
  readonly unknownActions: 'fail' | 'ignore';
  readonly clusterNames: readonly string[];
}

/** Undefined for an execution that is none of ours. */
export function workOf(
  execution: StoredExecution,
  options: RunDependencies & WorkFacts,
  placesOf: (plugin: string) => ActionPlaces,
): Work | undefined {
  const { registry, unknownActions, clusterNames } = options;
  const { phase, executor } = execution.status ?? {};
  if (isSettledExecutionPhase(phase)) return undefined;
  const message = unrunnable(execution, registry, clusterNames);
  const registered = registry.find(execution.spec?.action ?? '');
  if (message !== undefined || registered === undefined) {
    const isOthers = (phase === 'executing' && executor === undefined) || phase === 'waiting_approval';
    if (unknownActions === 'ignore' || isOthers) return undefined;
    return {
      run: (signal) => refuseExecution(execution, message ?? 'It has no action.', options, signal),
      places: undefined,
    };
  }
  const { action, plugin } = registered;
  const places = placesOf(plugin);
  return {
    run: (signal, place) => runExecution(execution, action, { places, place }, options, signal),
    places: isAttempted(execution, action) ? places : undefined,
  };
}

/**
 * False for what may end, or be left, before its action is called. What is to be undone is looked for first: a rollback
 * waits for its place when it has found that.
 */
function isAttempted(execution: StoredExecution, action: Action): boolean {
  if (execution.metadata.annotations?.[rollbackOfAnnotation] !== undefined) return false;
  const { decision } = takeUp(execution, { repeatable: action.repeatable !== false });
  return decision === 'attempt' && parseParameters(action, execution.spec?.parameters).fits;
}
