import { type Backoff, createBackoff } from '../../src/kube/backoff.ts';
import { objectKey } from '../../src/kube/kube-object.ts';
import type { Action } from '../../src/plugin/action.ts';
import { checkedResult } from './action-result.ts';
import { attemptExecution } from './attempt-execution.ts';
import { failureOf } from './attempt-failure.ts';
import { attemptTimeout } from './attempt-timeout.ts';
import type { AttemptOutcome } from './attempt.ts';
import { ExecutionDeletedError } from './execution-deleted-error.ts';
import { failureMessage } from './failure-message.ts';
import { type ReadyWork, whenPrepared } from './prepare-work.ts';
import type { RunDependencies } from './run-dependencies.ts';
import type { ActionPlaces } from './action-places.ts';
import { settleExecution } from './settle-execution.ts';
import { createStatusWriter, type StatusWriter, StatusWriteError } from './status-writer.ts';
import { regardingExecution, type StoredExecution } from './stored-execution.ts';
import { takeUp, type TakeUp } from './take-up.ts';

/**
 * How a run ended. `settled`: with a phase for ever. `left`: as it is, for who comes after. `gone`: the execution is.
 * `not-ours`: another has settled it or taken it over.
 */
export type RunEnd = 'settled' | 'left' | 'gone' | 'not-ours';

/** Where a run is made. */
export interface RunPlace {
  /** What each of its attempts needs a place of. */
  readonly places: ActionPlaces;
  /** Gives back the place that it begins with; undefined: it has none yet. */
  readonly place: (() => void) | undefined;
}

/**
 * Takes one execution from where it is to its end: attempts, waits between them, and every write of its status.
 * The signal is aborted with an ExecutionDeletedError, or with anything else when the controller stops: then the
 * execution is left as one that was interrupted.
 * @throws StatusWriteError `refused`, where the API server takes no status at all
 */
export function runExecution(
  execution: StoredExecution,
  action: Action,
  { places, place }: RunPlace,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<RunEnd> {
  const writer = createStatusWriter({ ...dependencies, execution });
  const run = { writer, action, places, place, dependencies, signal };
  const end = endOf(signal, async () => {
    try {
      return await runToItsEnd(run);
    } catch (error) {
      // Not while its action ran; one that waits for finalizers is to hold no slot.
      if (error !== signal.reason || !isDeleted(signal)) throw error;
      return fail(run, 'It was deleted before it was done.');
    }
  });
  return end.finally(place);
}

/** Ends an execution that cannot be run at all. */
export function refuseExecution(
  execution: StoredExecution,
  message: string,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<RunEnd> {
  const writer = createStatusWriter({ ...dependencies, execution });
  return endOf(signal, () => settleExecution(writer, { phase: 'failed', message }, dependencies, signal));
}

async function endOf(signal: AbortSignal, run: () => Promise<RunEnd>): Promise<RunEnd> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StatusWriteError && error.reason !== 'refused') return error.reason;
    if (signal.aborted && !isDeleted(signal)) return 'left';
    throw error;
  }
}

function isDeleted(signal: AbortSignal): boolean {
  return signal.reason instanceof ExecutionDeletedError;
}

interface Run extends RunPlace {
  readonly writer: StatusWriter;
  readonly action: Action;
  readonly dependencies: RunDependencies;
  readonly signal: AbortSignal;
}

async function runToItsEnd(run: Run): Promise<RunEnd> {
  const execution = run.writer.current;
  const plan = takeUp(execution, { repeatable: run.action.repeatable !== false });
  if (plan.decision === 'leave') return 'left';
  if (plan.decision === 'fail') return fail(run, plan.message);
  const work = await whenPrepared(run.action, execution, run.dependencies, run.signal);
  if (!work.ready) return fail(run, work.message);
  if (plan.note !== undefined) tellInterruption(run, plan.note);
  return attemptUntilDone(run, work, plan);
}

/** What is asked for may be what the API server breaks on: further attempts without an answer are failures. */
const mostUnanswered = 10;

async function attemptUntilDone(
  run: Run,
  work: ReadyWork,
  plan: Extract<TakeUp, { decision: 'attempt' }>,
): Promise<RunEnd> {
  const { writer, action, dependencies, signal } = run;
  const { maxRetries = 0, timeout: asked } = writer.current.spec ?? {};
  const { interruptions } = plan;
  let { unanswered, note } = plan;
  const backoff = backoffAfter(plan.attempt - interruptions - unanswered - 1, dependencies);
  const backoffOfUnanswered = backoffAfter(unanswered, dependencies);
  let { place } = run;
  for (let { attempt } = plan; ; attempt += 1) {
    const timeout = attemptTimeout(asked, dependencies.maximumTimeout());
    const attempted = { attempt, interruptions, unanswered, note, timeout };
    const outcome = await attemptExecution(
      { ...run, place, action: action.name, run: work.run, ...attempted },
      dependencies,
    );
    note = undefined;
    place = undefined;
    const failure = failureOf(outcome, { repeatable: action.repeatable !== false, timeout: timeout.text });
    if (failure === undefined) {
      if (outcome.outcome !== 'returned') return interrupted(run, outcome);
      return complete(run, outcome.value, doneMessage(work, attempt, interruptions + unanswered));
    }
    if (failure.next === 'resume' && unanswered < mostUnanswered) {
      unanswered += 1;
      note = `Attempt ${attempt} was interrupted. ${failure.message}`;
      tellInterruption(run, note);
      // The status goes on saying that it is executed: whoever takes it up meanwhile counts it as interrupted.
      await dependencies.clock.sleep(backoffOfUnanswered.next(), signal);
      continue;
    }
    if (failure.next === 'end' || attempt - interruptions - unanswered > maxRetries)
      return fail(run, `${failure.message}${attempt === 1 ? '' : ` (attempt ${attempt})`}`);
    const message = `Attempt ${attempt} failed and will be repeated: ${failure.message}`;
    await writer.write((status) => ({ ...status, phase: 'pending', message }), signal);
    await dependencies.clock.sleep(backoff.next(), signal);
  }
}

/** The waits go on where those of an earlier process have ended. */
function backoffAfter(failures: number, { retryBackoff, random }: RunDependencies): Backoff {
  const backoff = createBackoff(retryBackoff, random);
  for (let failed = 0; failed < failures; failed += 1) backoff.next();
  return backoff;
}

function doneMessage({ undid }: ReadyWork, attempt: number, interruptions: number): string {
  const done = undid === undefined ? 'Done' : `Rolled back ${undid}`;
  const which = attempt === 1 ? '' : ` in attempt ${attempt}`;
  return `${done}${which}${interruptions === 0 ? '' : `; ${interruptions} before it interrupted`}.`;
}

function complete(run: Run, value: unknown, message: string): Promise<RunEnd> {
  let result: unknown;
  try {
    result = checkedResult(value);
  } catch (error) {
    return fail(run, `The action has returned, but its result cannot be kept. ${failureMessage(error)}`);
  }
  const end = { phase: 'completed', message, ...(result === undefined ? {} : { result }) } as const;
  return settleExecution(run.writer, end, run.dependencies, run.signal);
}

function fail({ writer, dependencies, signal }: Run, message: string): Promise<RunEnd> {
  return settleExecution(writer, { phase: 'failed', message }, dependencies, signal);
}

async function interrupted(run: Run, { outcome }: AttemptOutcome): Promise<RunEnd> {
  const { writer, action, dependencies, signal } = run;
  const stopped = outcome === 'not-stopped' ? ' and has not stopped' : '';
  if (isDeleted(signal))
    return fail(
      run,
      `The execution was deleted while its action ran; the action was told to stop${stopped}.`,
    );
  const facts = { execution: objectKey(writer.current.metadata), action: action.name };
  dependencies.logger.info(facts, `The controller stops; an action was interrupted${stopped}`);
  return 'left';
}

function tellInterruption({ writer, action, dependencies }: Run, note: string): void {
  const regarding = regardingExecution(writer.current);
  dependencies.metrics.interrupted(action.name);
  dependencies.events.record({
    regarding,
    type: 'Normal',
    reason: 'ExecutionResumed',
    action: 'Execute',
    note,
  });
}
