import { allowed, type Allow, type Deny } from '../policy/verdict.ts';
import type { RegisteredAction } from './action-registry.ts';
import { parametersInvalid, readParameters } from './check-parameters.ts';
import { NonsenseError, readCheckVerdict } from './check-verdict.ts';
import { freezeDeep } from './freeze-deep.ts';
import { mustAnswer, partOf, type PluginCheck } from './plugin-checks.ts';
import { type PluginTask, schemaOf } from './plugin-runner.ts';
import type { CheckFacts } from './plugin.ts';

/** What checks see; the parameters are parsed on the way. */
export interface Shown {
  facts: CheckFacts;
}

/** Something that is asked about an execution. */
export interface CheckTask extends PluginTask<Allow | Deny> {
  /** True where the execution may pass without its answer. */
  readonly isOptional: boolean;
}

const isLast = ({ decision }: Allow | Deny): boolean => decision === 'deny';

/** Parses the parameters. Frozen within the task: what a schema makes of them is code of its plugin too. */
export function parseTask(
  shown: Shown,
  { action, plugin }: RegisteredAction,
  isForChecks: boolean,
): CheckTask {
  return {
    plugin,
    part: schemaOf(action),
    isOptional: false,
    isLast,
    work() {
      const reading = readParameters(action, shown.facts.parameters);
      if (!reading.fits) return parametersInvalid(action.name, reading.faults);
      if (!isForChecks) return allowed;
      const { parameters } = reading;
      if (!isRecord(parameters)) throw new NonsenseError('it makes of the parameters what is no object');
      shown.facts = freezeDeep({ ...shown.facts, parameters });
      return allowed;
    },
  };
}

/** Asks a check about what is shown then. */
export function checkTask(shown: Shown, asked: PluginCheck): CheckTask {
  const { plugin, check } = asked;
  return {
    plugin,
    part: partOf(asked),
    isOptional: !mustAnswer(asked),
    isLast,
    work: () => readCheckVerdict(check.name, check.check(shown.facts)),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
