import { isDeepStrictEqual } from 'node:util';
import { objectKey } from '../../src/kube/kube-object.ts';
import { unlessAborted } from '../../src/kube/unless-aborted.ts';
import type { ActionContext } from '../../src/plugin/action.ts';
import { actionLogger } from './action-logger.ts';
import { checkedResult } from './action-result.ts';
import { attemptClient } from './attempt-client.ts';
import { resultOf } from './attempt-failure.ts';
import type { AttemptTimeout } from './attempt-timeout.ts';
import { type AttemptOutcome, runAttempt } from './attempt.ts';
import type { RunDependencies } from './run-dependencies.ts';
import type { ActionPlaces } from './action-places.ts';
import { type HeldPlace, holdPlace } from './held-place.ts';
import type { StatusWriter } from './status-writer.ts';
import { workflowOf } from '../parallel/workflow-of.ts';

/** Everything of a context but the parameters, which whoever calls the action knows. */
export type AttemptContext = Omit<ActionContext<unknown>, 'parameters'>;

/** One attempt at an execution. */
export interface ExecutionAttempt {
  readonly writer: StatusWriter;
  /** Name of the action. */
  readonly action: string;
  readonly run: (context: AttemptContext) => Promise<unknown>;
  /** From 1. */
  readonly attempt: number;
  readonly interruptions: number;
  readonly unanswered: number;
  /** What people are told while it runs: what of the attempt before was interrupted. */
  readonly note: string | undefined;
  readonly timeout: AttemptTimeout;
  readonly places: ActionPlaces;
  /** Gives back a place that is held already; undefined: one is waited for. */
  readonly place: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Waits for a place, writes that the attempt begins, and makes it as the execution's ServiceAccount.
 * @throws StatusWriteError: the attempt has not begun; the signal's reason
 */
export async function attemptExecution(
  of: ExecutionAttempt,
  dependencies: RunDependencies,
): Promise<AttemptOutcome> {
  const { writer, action, attempt, places, signal } = of;
  const { clock, metrics, graceMilliseconds } = dependencies;
  const { namespace = '' } = writer.current.metadata;
  const place = of.place ?? (await places.running.acquire(namespace, signal));
  const held = holdPlace({ places, namespace, place });
  try {
    await writeBegin(of, dependencies);
    // After that write, and so after the one by which the attempt before may still have remembered something.
    const remembered = attempt > 1 ? structuredClone(writer.current.status?.result) : undefined;
    const startedAt = clock.now();
    const outcome = await runAttempt(
      (attemptSignal) => act({ ...of, held, signal: attemptSignal }, dependencies, remembered),
      { clock, timeoutMilliseconds: of.timeout.milliseconds, graceMilliseconds, signal },
    );
    metrics.attempted(action, resultOf(outcome), (clock.now() - startedAt) / 1000);
    return outcome;
  } finally {
    held.release();
  }
}

function writeBegin(
  { writer, attempt, interruptions, unanswered, note, signal }: ExecutionAttempt,
  { date, identity }: RunDependencies,
): Promise<void> {
  return writer.write(
    (status) => ({
      ...status,
      phase: 'executing',
      attempts: attempt,
      ...(interruptions > 0 && { interruptions }),
      ...(unanswered > 0 && { unanswered }),
      executor: identity,
      startTime: status.startTime ?? date().toISOString(),
      message: note ?? (attempt === 1 ? 'The action runs.' : `Attempt ${attempt} runs.`),
    }),
    signal,
  );
}

function act(
  {
    writer,
    action,
    run,
    attempt,
    note,
    timeout,
    held,
    signal,
  }: ExecutionAttempt & { readonly held: HeldPlace },
  { accounts, defaultServiceAccount, leading, logger, strayErrors }: RunDependencies,
  remembered: unknown,
): Promise<unknown> {
  const { metadata, spec } = writer.current;
  const { namespace = '', name, uid } = metadata;
  const serviceAccountName = spec?.serviceAccountName || defaultServiceAccount;
  const code = { action, execution: objectKey(metadata) };
  return accounts.use({ namespace, name: serviceAccountName }, signal, (kube) =>
    strayErrors.within(code, () =>
      run({
        kube: attemptClient(kube, signal, leading),
        signal,
        logger: actionLogger(logger, code),
        execution: {
          namespace,
          name,
          uid,
          workflow: workflowOf(writer.current) ?? '',
          stepNumber: spec?.stepNumber ?? 0,
          attempt,
          ...(note === undefined ? {} : { resumed: true }),
          serviceAccountName,
          ...(timeout.stated && { timeoutMilliseconds: timeout.milliseconds }),
        },
        whileWaiting: (wait) => held.whileWaiting(wait, signal),
        remember: (value) => remember(writer, value, signal),
        remembered,
      }),
    ),
  );
}

async function remember(writer: StatusWriter, value: unknown, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const result = checkedResult(value);
  if (isDeepStrictEqual(result, writer.current.status?.result)) return;
  // The write goes on, and whatever is written next comes after it.
  await unlessAborted(
    writer.write((status) => ({ ...status, result }), signal),
    signal,
  );
}
