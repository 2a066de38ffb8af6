import type { NormalisedStep } from '../api/normalised-workflow.ts';
import type { Clock } from '../kube/clock.ts';
import { withRemarks } from '../policy/remarks.ts';
import { allowed, type Allow, type Deny } from '../policy/verdict.ts';
import { createActionRegistry, type RegisteredAction } from './action-registry.ts';
import { findParameterFaults, parametersInvalid } from './check-parameters.ts';
import { readCheckVerdict } from './check-verdict.ts';
import { freezeDeep } from './freeze-deep.ts';
import { createPluginRunner, type PluginPart, type PluginRunner, type PluginTask } from './plugin-runner.ts';
import { describeFailure, pluginFailed, type PluginFailure } from './plugin-failure.ts';
import type { AdmissionCheck, CheckFacts, Plugin } from './plugin.ts';
import type { StrayErrors } from './stray-errors.ts';

/** What plugins say of executions before they exist. */
export interface PluginAdmission {
  /** True where some plugin has something to say of executions with this action. */
  readonly concerns: (action: string) => boolean;
  /** Whether the parameters fit, and what the checks say. The facts are frozen. Never throws. */
  readonly judge: (facts: CheckFacts) => Allow | Deny;
  /** What is wrong with the parameters of a workflow's steps; of many, the first. Never throws. */
  readonly remarksOn: (steps: readonly NormalisedStep[]) => readonly string[];
}

/** What plugins are asked with. */
export interface PluginAdmissionOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Told of each failure. */
  readonly onFailure: (failure: PluginFailure) => void;
  /** How long a plugin has for one execution. Default 250 ms. */
  readonly limitMilliseconds?: number;
  /** Knows errors that plugin code lets go of after it has answered; see `catchStrayErrors`. */
  readonly strayErrors?: Pick<StrayErrors<PluginPart>, 'within'>;
}

/** A workflow may have a thousand steps. */
const remarksShown = 8;

/**
 * The admission checks of plugins, and the schemas of their actions.
 *
 * A plugin that fails (throws, hangs, answers nonsense) harms only executions of its own actions: they are refused.
 * Where a check of it is asked about another's action, a failure lets the execution pass, with a warning: what must
 * hold even so is for a ValidatingAdmissionPolicy.
 * @throws PluginError where two plugins, actions or checks have one name
 */
export function createPluginAdmission(
  plugins: readonly Plugin[],
  { clock, onFailure, limitMilliseconds = 250, strayErrors }: PluginAdmissionOptions,
): PluginAdmission {
  const registry = createActionRegistry(plugins);
  const run = createPluginRunner({
    clock,
    limitMilliseconds,
    ...(strayErrors === undefined ? {} : { strayErrors }),
  });
  const checksOf = checkFinder(plugins);

  return {
    concerns: (action) => registry.find(action) !== undefined || checksOf(action).length > 0,
    judge(facts) {
      freezeDeep(facts);
      const registered = registry.find(facts.action);
      const tasks = tasksFor(facts, registered, checksOf(facts.action));
      const verdicts: Allow[] = [];
      for (const plugin of pluginsInOrder(tasks, registered?.plugin)) {
        for (const outcome of run(tasks.filter((task) => task.plugin === plugin))) {
          if ('failure' in outcome) {
            onFailure(outcome.failure);
            if (plugin === registered?.plugin) return pluginFailed(outcome.failure);
            verdicts.push(passedUnasked(outcome.failure));
          } else if (outcome.result.decision === 'deny') return withRemarks(outcome.result, verdicts);
          else verdicts.push(outcome.result);
        }
      }
      return withRemarks(allowed, verdicts);
    },
    remarksOn: (steps) => remarksOn(steps, registry.find, run, onFailure),
  };
}

type Task = PluginTask<Allow | Deny>;

interface PluginCheck {
  readonly plugin: string;
  readonly check: AdmissionCheck;
}

/** The checks that are asked about executions with an action. */
function checkFinder(plugins: readonly Plugin[]): (action: string) => readonly PluginCheck[] {
  const all = plugins.flatMap(({ name: plugin, actions = [], checks = [] }) =>
    checks.map((check) => {
      const about = check.actions ?? actions.map(({ name }) => name);
      return { plugin, check, about: about === '*' ? ('*' as const) : new Set(about) };
    }),
  );
  if (all.length === 0) return () => [];
  return (action) => all.filter(({ about }) => about === '*' || about.has(action));
}

function tasksFor(
  facts: CheckFacts,
  registered: RegisteredAction | undefined,
  checks: readonly PluginCheck[],
): readonly Task[] {
  const parameters: readonly Task[] =
    registered === undefined
      ? []
      : [
          {
            plugin: registered.plugin,
            part: schemaOf(registered),
            work() {
              const faults = findParameterFaults(registered.action, facts.parameters);
              return faults.length === 0 ? allowed : parametersInvalid(facts.action, faults);
            },
            isLast: ({ decision }) => decision === 'deny',
          },
        ];
  return [
    ...parameters,
    ...checks.map(({ plugin, check }): Task => ({
      plugin,
      part: `check ${check.name}`,
      work: () => readCheckVerdict(check.name, check.check(facts)),
      isLast: ({ decision }) => decision === 'deny',
    })),
  ];
}

function schemaOf({ action }: RegisteredAction): string {
  return `the schema of action ${action.name}`;
}

/** The one whose action it is comes first: other checks see parameters that fit. */
function pluginsInOrder(tasks: readonly Task[], owner: string | undefined): readonly string[] {
  const names = tasks.map(({ plugin }) => plugin);
  return [...new Set(owner === undefined ? names : [owner, ...names])];
}

function passedUnasked(failure: PluginFailure): Allow {
  const what = describeFailure(failure);
  return {
    decision: 'allow',
    warnings: [`${what}; the execution passes without it`],
    auditAnnotations: { [`plugin-failed-${failure.plugin}`.slice(0, 63)]: what },
  };
}

/** Each run costs a thread, and each step has its share of the time of a run. */
const partsPerRun = 20;

/** A step's parameters that do not fit now would be refused when its execution is created. */
function remarksOn(
  steps: readonly NormalisedStep[],
  find: (action: string) => RegisteredAction | undefined,
  run: PluginRunner,
  onFailure: PluginAdmissionOptions['onFailure'],
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
  return [{ plugin: registered.plugin, part: schemaOf(registered), work }];
}
