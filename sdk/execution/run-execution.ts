import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '../../src/api/duration.ts';
import { createBackoff } from '../../src/kube/backoff.ts';
import { KubeStatusError } from '../../src/kube/kube-status-error.ts';
import type { Action, ActionContext } from '../../src/plugin/action.ts';
import { actionLogger } from './action-logger.ts';
import { checkedResult } from './action-result.ts';
import { attemptClient } from './attempt-client.ts';
import { failureOf, resultOf } from './attempt-failure.ts';
import { type AttemptOutcome, runAttempt } from './attempt.ts';
import { failureMessage } from './failure-message.ts';
import { prepareWork, type PreparedWork } from './prepare-work.ts';
import type { RunDependencies } from './run-dependencies.ts';
import type { RunningLimit } from './running-limit.ts';
import { settleExecution, type SettledStatus } from './settle-execution.ts';
import { createStatusWriter, type StatusWriter, StatusWriteError } from './status-writer.ts';
import { regardingExecution, type StoredExecution } from './stored-execution.ts';
import { takeUp } from './take-up.ts';
import { workflowOf } from './workflow-of.ts';

/** The execution was deleted while it ran: why its action is aborted. */
export class ExecutionDeletedError extends Error {
  readonly code = 'ExecutionDeleted';

  constructor() {
    super('The execution was deleted');
    this.name = 'ExecutionDeletedError';
  }
}

/**
 * How a run ended. `settled`: with a phase for ever. `left`: as it is, for who comes after. `gone`: the execution is.
 * `not-ours`: another has settled it or taken it over.
 */
export type RunEnd = 'settled' | 'left' | 'gone' | 'not-ours';

/**
 * Takes one execution from where it is to its end: attempts, waits between them, and every write of its status.
 * The signal is aborted with an ExecutionDeletedError, or with anything else when the controller stops: then the
 * execution is left as one that was interrupted.
 */
export async function runExecution(
  execution: StoredExecution,
  action: Action,
  limit: RunningLimit,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<RunEnd> {
  const run = new Run(execution, action, limit, dependencies, signal);
  try {
    return await run.toItsEnd();
  } catch (error) {
    if (error instanceof StatusWriteError && error.reason !== 'refused') return error.reason;
    if (signal.aborted) return 'left';
    throw error;
  }
}

/** Ends an execution that cannot be run at all. */
export async function refuseExecution(
  execution: StoredExecution,
  message: string,
  dependencies: RunDependencies,
  signal: AbortSignal,
): Promise<RunEnd> {
  const writer = createStatusWriter({ ...dependencies, execution });
  try {
    await settleExecution(writer, { phase: 'failed', message }, dependencies, signal);
    return 'settled';
  } catch (error) {
    if (error instanceof StatusWriteError && error.reason !== 'refused') return error.reason;
    if (signal.aborted) return 'left';
    throw error;
  }
}

class Run {
  readonly #action: Action;
  readonly #limit: RunningLimit;
  readonly #dependencies: RunDependencies;
  readonly #signal: AbortSignal;
  readonly #writer: StatusWriter;

  constructor(
    execution: StoredExecution,
    action: Action,
    limit: RunningLimit,
    dependencies: RunDependencies,
    signal: AbortSignal,
  ) {
    this.#action = action;
    this.#limit = limit;
    this.#dependencies = dependencies;
    this.#signal = signal;
    this.#writer = createStatusWriter({ ...dependencies, execution });
  }

  async toItsEnd(): Promise<RunEnd> {
    const execution = this.#writer.current;
    const repeatable = this.#action.repeatable !== false;
    const plan = takeUp(execution, { repeatable });
    if (plan.decision === 'leave') return 'left';
    if (plan.decision === 'fail') return this.#fail(plan.message);
    const work = await this.#prepare(execution);
    if (!work.ready) return this.#fail(work.message);
    if (plan.note !== undefined) {
      this.#dependencies.metrics.interrupted(this.#action.name);
      this.#record('Normal', 'ExecutionResumed', plan.note);
    }

    const { maxRetries = 0 } = execution.spec ?? {};
    const { interruptions } = plan;
    const backoff = createBackoff(this.#dependencies.retryBackoff, this.#dependencies.random);
    for (let failed = 1; failed < plan.attempt - interruptions; failed += 1) backoff.next();
    for (let { attempt, note } = plan as { attempt: number; note?: string }; ; attempt += 1) {
      const outcome = await this.#attempt(work, attempt, interruptions, note);
      note = undefined;
      const failure = failureOf(outcome, { repeatable, timeout: execution.spec?.timeout ?? '' });
      if (failure === undefined) {
        if (outcome.outcome === 'returned')
          return this.#complete(outcome.value, work, attempt, interruptions);
        return this.#interrupted(outcome);
      }
      const failures = attempt - interruptions;
      if (failure.final || failures > maxRetries) {
        const suffix = attempt === 1 ? '' : ` (attempt ${attempt})`;
        return this.#fail(`${failure.message}${suffix}`);
      }
      const milliseconds = backoff.next();
      await this.#writePending(attempt, failure.message);
      await this.#dependencies.clock.sleep(milliseconds, this.#signal);
    }
  }

  /** The API server may be away; an execution that is only read for is not failed for that. */
  async #prepare(execution: StoredExecution): Promise<PreparedWork> {
    const { client, clock, random } = this.#dependencies;
    const backoff = createBackoff(
      { initialMilliseconds: 200, maximumMilliseconds: 10_000, factor: 2 },
      random,
    );
    for (;;) {
      try {
        return await prepareWork(client, this.#action, execution, this.#signal);
      } catch (error) {
        this.#signal.throwIfAborted();
        this.#dependencies.logger.warn(
          { ...this.#facts(), err: error },
          'The execution to undo could not be read; trying again',
        );
        if (error instanceof KubeStatusError && error.status.code === 403)
          return { ready: false, message: failureMessage(error) };
      }
      await clock.sleep(backoff.next(), this.#signal);
    }
  }

  async #attempt(
    work: Extract<PreparedWork, { ready: true }>,
    attempt: number,
    interruptions: number,
    note: string | undefined,
  ): Promise<AttemptOutcome> {
    const { clock, date, identity, metrics, graceMilliseconds, strayErrors } = this.#dependencies;
    const release = await this.#limit.acquire(this.#signal);
    try {
      const remembered = attempt > 1 ? structuredClone(this.#writer.current.status?.result) : undefined;
      await this.#writer.write(
        (status) => ({
          ...status,
          phase: 'executing',
          attempts: attempt,
          ...(interruptions > 0 && { interruptions }),
          executor: identity,
          startTime: status.startTime ?? date().toISOString(),
          message: note ?? (attempt === 1 ? 'The action runs.' : `Attempt ${attempt} runs.`),
        }),
        this.#signal,
      );
      const startedAt = clock.now();
      const timeoutMilliseconds = parseDuration(this.#writer.current.spec?.timeout ?? '') || undefined;
      const code = { action: this.#action.name, execution: this.#key() };
      const outcome = await runAttempt(
        (signal) =>
          this.#asServiceAccount(signal, (context) => strayErrors.within(code, () => work.run(context)), {
            attempt,
            remembered,
            timeoutMilliseconds,
          }),
        { clock, timeoutMilliseconds, graceMilliseconds, signal: this.#signal },
      );
      metrics.attempted(this.#action.name, resultOf(outcome), (clock.now() - startedAt) / 1000);
      return outcome;
    } finally {
      release();
    }
  }

  #asServiceAccount(
    signal: AbortSignal,
    run: (context: Omit<ActionContext<unknown>, 'parameters'>) => Promise<unknown>,
    facts: {
      readonly attempt: number;
      readonly remembered: unknown;
      readonly timeoutMilliseconds: number | undefined;
    },
  ): Promise<unknown> {
    const { accounts, defaultServiceAccount, logger } = this.#dependencies;
    const { current } = this.#writer;
    const { namespace = '', name, uid } = current.metadata;
    const serviceAccountName = current.spec?.serviceAccountName || defaultServiceAccount;
    const { attempt, remembered, timeoutMilliseconds } = facts;
    return accounts.use({ namespace, name: serviceAccountName }, signal, (kube) =>
      run({
        kube: attemptClient(kube, signal),
        signal,
        logger: actionLogger(logger, this.#facts()),
        execution: {
          namespace,
          name,
          uid,
          workflow: workflowOf(current) ?? '',
          stepNumber: current.spec?.stepNumber ?? 0,
          attempt,
          serviceAccountName,
          ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
        },
        remember: (value) => this.#remember(value, signal),
        remembered,
      }),
    );
  }

  async #remember(value: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const result = checkedResult(value);
    if (isDeepStrictEqual(result, this.#writer.current.status?.result)) return;
    await this.#writer.write((status) => ({ ...status, result }), signal);
    signal.throwIfAborted();
  }

  async #complete(
    value: unknown,
    work: Extract<PreparedWork, { ready: true }>,
    attempt: number,
    interruptions: number,
  ): Promise<RunEnd> {
    let result: unknown;
    try {
      result = checkedResult(value);
    } catch (error) {
      return this.#fail(`The action has returned, but its result cannot be kept. ${failureMessage(error)}`);
    }
    const done = work.undid === undefined ? 'Done' : `Rolled back ${work.undid}`;
    const which = attempt === 1 ? '' : ` in attempt ${attempt}`;
    const interrupted = interruptions === 0 ? '' : `; ${interruptions} before it interrupted`;
    const message = `${done}${which}${interrupted}.`;
    return this.#settle({ phase: 'completed', message, ...(result === undefined ? {} : { result }) });
  }

  async #interrupted(outcome: AttemptOutcome): Promise<RunEnd> {
    const stopped = outcome.outcome === 'not-stopped' ? ' and has not stopped' : '';
    if (this.#signal.reason instanceof ExecutionDeletedError)
      return this.#fail(
        `The execution was deleted while its action ran; the action was told to stop${stopped}.`,
      );
    this.#dependencies.logger.info(
      this.#facts(),
      `The controller stops; an action was interrupted${stopped}`,
    );
    return 'left';
  }

  #writePending(attempt: number, message: string): Promise<void> {
    return this.#writer.write(
      (status) => ({
        ...status,
        phase: 'pending',
        message: `Attempt ${attempt} failed and will be repeated: ${message}`,
      }),
      this.#signal,
    );
  }

  #fail(message: string): Promise<RunEnd> {
    return this.#settle({ phase: 'failed', message });
  }

  async #settle(end: SettledStatus): Promise<RunEnd> {
    await settleExecution(this.#writer, end, this.#dependencies, this.#signal);
    return 'settled';
  }

  #record(type: 'Normal' | 'Warning', reason: string, note: string): void {
    const regarding = regardingExecution(this.#writer.current);
    this.#dependencies.events.record({ regarding, type, reason, action: 'Execute', note });
  }

  #facts(): object {
    return { execution: this.#key(), action: this.#action.name };
  }

  #key(): string {
    const { namespace, name } = this.#writer.current.metadata;
    return `${namespace}/${name}`;
  }
}
