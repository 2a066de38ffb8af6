import type { Clock } from '../kube/clock.ts';
import { NonsenseError } from './check-verdict.ts';
import type { PluginFailure } from './plugin-failure.ts';
import type { StrayErrors } from './stray-errors.ts';
import { createTimeLimit, TimeLimitError } from './time-limit.ts';

/** A piece of a plugin's code: `check NotOnFridays`. */
export interface PluginPart {
  readonly plugin: string;
  readonly part: string;
}

/** What a piece is asked. */
export interface PluginTask<Result> extends PluginPart {
  readonly work: () => Result;
  /** True for an answer after which no further task is run. */
  readonly isLast?: (result: Result) => boolean;
}

/** What a task has answered, or how it failed. */
export type PluginOutcome<Result> = { readonly result: Result } | { readonly failure: PluginFailure };

/** Runs the tasks of one plugin in their order, until one is the last. One that fails stops no other. */
export type PluginRunner = <Result>(tasks: readonly PluginTask<Result>[]) => readonly PluginOutcome<Result>[];

/** What a runner needs. */
export interface PluginRunnerOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** For what one plugin is asked at once. */
  readonly limitMilliseconds: number;
  /** Knows errors that the code lets go of after it has returned. Without it nobody looks for them. */
  readonly strayErrors?: Pick<StrayErrors<PluginPart>, 'within'>;
}

/**
 * What has hung keeps the whole process waiting, so it is not asked again for so long: whatever is sent, it takes
 * one fortieth of the process's time at most, and twice that where it only waits.
 */
export const restMilliseconds = 10_000;

/** Runs code of plugins so that neither what it throws nor how long it takes reaches others. */
export function createPluginRunner({
  clock,
  limitMilliseconds,
  strayErrors = { within: (_code, run) => run() },
}: PluginRunnerOptions): PluginRunner {
  const withinLimit = createTimeLimit(limitMilliseconds);
  const restingUntil = new Map<string, number>();

  return <Result>(tasks: readonly PluginTask<Result>[]) => {
    const outcomes: PluginOutcome<Result>[] = [];
    let isOver = false;
    let triedAgain: PluginTask<Result> | undefined;
    while (!isOver && outcomes.length < tasks.length) {
      try {
        withinLimit(() => {
          for (const task of tasks.slice(outcomes.length)) {
            const outcome = isResting(task) ? { failure: failureOf(task, 'resting') } : attempt(task);
            isOver = 'result' in outcome && task.isLast?.(outcome.result) === true;
            outcomes.push(outcome);
            if (isOver) return;
          }
        });
      } catch (error) {
        if (!(error instanceof TimeLimitError)) throw error;
        const task = tasks[outcomes.length];
        // The time may have been up just after the last answer.
        if (isOver || task === undefined) return outcomes;
        // The whole process may have stood still.
        if (!error.hasWorked && task !== triedAgain) {
          triedAgain = task;
          continue;
        }
        restingUntil.set(keyOf(task), clock.now() + restMilliseconds);
        outcomes.push({ failure: failureOf(task, 'hung', error) });
      }
    }
    return outcomes;
  };

  function attempt<Result>({ plugin, part, work }: PluginTask<Result>): PluginOutcome<Result> {
    try {
      return { result: strayErrors.within({ plugin, part }, work) };
    } catch (error) {
      const kind = error instanceof NonsenseError ? 'nonsense' : 'threw';
      return { failure: failureOf({ plugin, part }, kind, error) };
    }
  }

  function isResting(task: PluginPart): boolean {
    const until = restingUntil.get(keyOf(task));
    if (until === undefined) return false;
    if (clock.now() < until) return true;
    restingUntil.delete(keyOf(task));
    return false;
  }
}

/** How the schema of an action is called in failures. */
export function schemaOf({ name }: { readonly name: string }): string {
  return `the schema of action ${name}`;
}

function keyOf({ plugin, part }: PluginPart): string {
  return `${plugin}/${part}`;
}

function failureOf(
  { plugin, part }: PluginPart,
  kind: PluginFailure['kind'],
  error?: unknown,
): PluginFailure {
  return { plugin, part, kind, ...(error === undefined ? {} : { error }) };
}
