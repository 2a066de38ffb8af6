import type { NormalisedStep } from '../api/normalised-workflow.ts';
import type { RegisteredAction } from './action-registry.ts';
import { findParameterFaults } from './check-parameters.ts';
import { freezeDeep } from './freeze-deep.ts';
import type { PluginFailure } from './plugin-failure.ts';
import { type PluginRunner, type PluginTask, schemaOf } from './plugin-runner.ts';

/** What steps are remarked on with. */
export interface RemarksOptions {
  /** The action whose schema the parameters must fit; undefined where they are not looked at. */
  readonly find: (action: string) => RegisteredAction | undefined;
  readonly run: PluginRunner;
  readonly onFailure: (failure: PluginFailure) => void;
}

/** A workflow may have a thousand steps. */
const remarksShown = 8;

/** Each run costs a thread, and each step has its share of the time of a run. */
const partsPerRun = 20;

/** What is wrong with the parameters of steps: their executions would be refused when they are created. */
export function remarksOnSteps(
  steps: readonly NormalisedStep[],
  { find, run, onFailure }: RemarksOptions,
): readonly string[] {
  const tasks = steps.flatMap(partsOf).flatMap((part) => remarkTask(part, find(part.action)));
  const remarks: string[] = [];
  for (let from = 0; from < tasks.length; from += partsPerRun) {
    const byPlugin = Map.groupBy(tasks.slice(from, from + partsPerRun), ({ plugin }) => plugin);
    for (const outcome of [...byPlugin.values()].flatMap((ofPlugin) => run(ofPlugin))) {
      if ('failure' in outcome) onFailure(outcome.failure);
      else remarks.push(...outcome.result);
    }
    if (remarks.length > remarksShown) return [...remarks.slice(0, remarksShown), 'there may be more'];
  }
  return remarks;
}

interface Part {
  readonly title: string;
  readonly action: string;
  readonly parameters: NormalisedStep['parameters'];
}

function partsOf({ stepNumber, action, parameters, rollback }: NormalisedStep): readonly Part[] {
  const step = { title: `step ${stepNumber}`, action, parameters };
  return rollback === undefined
    ? [step]
    : [step, { title: `the rollback of step ${stepNumber}`, ...rollback }];
}

function remarkTask(
  { title, parameters }: Part,
  registered: RegisteredAction | undefined,
): readonly PluginTask<readonly string[]>[] {
  if (registered === undefined) return [];
  const work = () =>
    findParameterFaults(registered.action, freezeDeep(parameters)).map(
      ({ message }) => `${title}: ${message}`,
    );
  return [{ plugin: registered.plugin, part: schemaOf(registered.action), work }];
}
