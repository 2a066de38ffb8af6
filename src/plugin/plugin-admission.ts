import type { NormalisedStep } from '../api/normalised-workflow.ts';
import type { Clock } from '../kube/clock.ts';
import { withRemarks } from '../policy/remarks.ts';
import { allowed, type Allow, type Deny } from '../policy/verdict.ts';
import { createActionRegistry, type RegisteredAction } from './action-registry.ts';
import { type CheckTask, checkTask, parseTask, type Shown } from './check-tasks.ts';
import { freezeDeep } from './freeze-deep.ts';
import { createCheckFinder, mustAnswer, partOf, type PluginCheck, takesRaw } from './plugin-checks.ts';
import { createPluginRunner, type PluginOutcome, type PluginPart } from './plugin-runner.ts';
import { describeFailure, pluginFailed, type PluginFailure } from './plugin-failure.ts';
import type { CheckFacts, Plugin } from './plugin.ts';
import { remarksOnSteps } from './remarks-on-steps.ts';
import type { StrayErrors } from './stray-errors.ts';
import { actionUnknown, passedUnasked } from './unasked-check.ts';

/** What plugins say of executions before they exist. */
export interface PluginAdmission {
  /** True where some plugin has something to say of executions with this action. */
  readonly concerns: (action: string) => boolean;
  /**
   * Whether the parameters fit, and what the checks say.
   * @param facts with the parameters as they came; they are frozen
   */
  readonly judge: (facts: CheckFacts) => Allow | Deny;
  /** What is wrong with the parameters of a workflow's steps; of many, the first. Never throws. */
  readonly remarksOn: (steps: readonly NormalisedStep[]) => readonly string[];
}

/** What plugins are asked with. */
export interface PluginAdmissionOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Told of each failure. */
  readonly onFailure: (failure: PluginFailure) => void;
  /**
   * Plugins of others, such as the built-in one: the schemas of their actions tell checks what parameters mean. Parameters
   * that no check is asked about are not looked at, for another controller may do such an action in its own way.
   */
  readonly known?: readonly Plugin[];
  /** How long a plugin has for one execution. Default 250 ms. */
  readonly limitMilliseconds?: number;
  /** Knows errors that plugin code lets go of after it has answered; see `catchStrayErrors`. */
  readonly strayErrors?: Pick<StrayErrors<PluginPart>, 'within'>;
}

/**
 * The admission checks of plugins, and the schemas of their actions.
 *
 * A check is shown the parameters that the action will get. Where it gives no verdict (it throws, hangs, answers
 * nonsense, or the parameters cannot be parsed for it), the execution is refused, unless the check says otherwise.
 * @throws PluginError where two plugins, actions or checks have one name
 */
export function createPluginAdmission(
  plugins: readonly Plugin[],
  { clock, onFailure, known = [], limitMilliseconds = 250, strayErrors }: PluginAdmissionOptions,
): PluginAdmission {
  const own = createActionRegistry(plugins);
  const foreign = createActionRegistry(known);
  const checksOf = createCheckFinder(plugins);
  const run = createPluginRunner({
    clock,
    limitMilliseconds,
    ...(strayErrors === undefined ? {} : { strayErrors }),
  });

  /** The action by whose schema an execution is judged. */
  const find = (action: string): RegisteredAction | undefined =>
    own.find(action) ??
    (checksOf(action).some((check) => mustAnswer(check) && !takesRaw(check))
      ? foreign.find(action)
      : undefined);

  function judge(facts: CheckFacts): Allow | Deny {
    const shown = { facts: freezeDeep(facts) };
    const checks = checksOf(facts.action);
    const registered = own.find(facts.action);
    if (registered !== undefined) {
      const parse = parseTask(shown, registered, checks.length > 0);
      return ask([parse, ...checks.map((each) => checkTask(shown, each))], registered.plugin, []);
    }
    if (checks.length === 0) return allowed;
    const parser = foreign.find(facts.action);
    if (parser === undefined) {
      const why = `the webhook knows no action "${facts.action}"`;
      return judgeUnparsed(shown, checks, { why, refusal: (check) => actionUnknown(facts.action, check) });
    }
    const [outcome] = run([parseTask(shown, parser, true)]) as [PluginOutcome<Allow | Deny>];
    if ('failure' in outcome) {
      onFailure(outcome.failure);
      if (checks.some(mustAnswer)) return pluginFailed(outcome.failure);
      return withRemarks(
        allowed,
        checks.map((check) => unasked(check, describeFailure(outcome.failure))),
      );
    }
    const { result } = outcome;
    if (result.decision === 'deny') {
      const why = `the parameters do not fit the action "${facts.action}"`;
      return judgeUnparsed(shown, checks, { why, refusal: () => result });
    }
    return ask(
      checks.map((each) => checkTask(shown, each)),
      undefined,
      [],
    );
  }

  /** Asks those checks alone that take parameters as they came; another that must answer refuses. */
  function judgeUnparsed(
    shown: Shown,
    checks: readonly PluginCheck[],
    { why, refusal }: Unparsed,
  ): Allow | Deny {
    const unable = checks.filter((check) => !takesRaw(check));
    const needed = unable.find(mustAnswer);
    if (needed !== undefined) return refusal(needed);
    const remarks = unable.map((check) => unasked(check, why));
    return ask(
      checks.filter(takesRaw).map((each) => checkTask(shown, each)),
      undefined,
      remarks,
    );
  }

  /** Asks one plugin after the other, the owner of the action first, until one refuses. */
  function ask(
    tasks: readonly CheckTask[],
    owner: string | undefined,
    remarks: readonly Allow[],
  ): Allow | Deny {
    const verdicts = [...remarks];
    for (const plugin of pluginsInOrder(tasks, owner)) {
      const asked = tasks.filter((task) => task.plugin === plugin);
      for (const [index, outcome] of run(asked).entries()) {
        if ('failure' in outcome) {
          onFailure(outcome.failure);
          if (asked[index]?.isOptional !== true) return pluginFailed(outcome.failure);
          verdicts.push(passedUnasked(plugin, describeFailure(outcome.failure)));
        } else if (outcome.result.decision === 'deny') return withRemarks(outcome.result, verdicts);
        else verdicts.push(outcome.result);
      }
    }
    return withRemarks(allowed, verdicts);
  }

  return {
    concerns: (action) => own.find(action) !== undefined || checksOf(action).length > 0,
    judge,
    remarksOn: (steps) => remarksOnSteps(steps, { find, run, onFailure }),
  };
}

/** Why parameters could not be parsed for checks. */
interface Unparsed {
  readonly why: string;
  readonly refusal: (check: PluginCheck) => Deny;
}

/** The one whose action it is comes first: other checks see parameters that fit. */
function pluginsInOrder(tasks: readonly CheckTask[], owner: string | undefined): readonly string[] {
  const names = tasks.map(({ plugin }) => plugin);
  return [...new Set(owner === undefined ? names : [owner, ...names])];
}

function unasked(check: PluginCheck, why: string): Allow {
  return passedUnasked(check.plugin, `${partOf(check)} of plugin "${check.plugin}" was not asked: ${why}`);
}
