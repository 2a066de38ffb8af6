import type { Clock } from '../../src/kube/clock.ts';
import { KubeConnectionError } from '../../src/kube/kube-connection-error.ts';

/** How one attempt ended. */
export type AttemptOutcome =
  | { readonly outcome: 'returned'; readonly value: unknown }
  | { readonly outcome: 'threw'; readonly error: unknown }
  /** Its time was up, and it stopped; `error`: what it threw then, where that is more than the abort itself. */
  | { readonly outcome: 'timed-out'; readonly error?: unknown }
  /** The signal that was handed in was aborted, and it stopped. */
  | { readonly outcome: 'aborted' }
  /** It was told to stop and did not; it may go on, cut off from its client. */
  | { readonly outcome: 'not-stopped'; readonly because: 'timed-out' | 'aborted' };

/** Why the signal of an attempt is aborted. */
export class AttemptEndedError extends Error {
  readonly code = 'AttemptEnded';
  readonly reason: 'timed-out' | 'over';

  constructor(reason: AttemptEndedError['reason']) {
    super(reason === 'over' ? 'The attempt is over' : 'The time of the attempt is up');
    this.name = 'AttemptEndedError';
    this.reason = reason;
  }
}

export interface AttemptOptions {
  readonly clock: Clock;
  /** Absent: no limit. */
  readonly timeoutMilliseconds?: number | undefined;
  /** How long it may take to stop once it is told to. */
  readonly graceMilliseconds: number;
  /** Aborting ends the attempt. */
  readonly signal: AbortSignal;
}

/**
 * Runs code that is not trusted to end, to throw properly or to obey. Never rejects. What comes back after the signal
 * was aborted is not looked at: a value that is returned because of the abort would pass for a success.
 */
export async function runAttempt(
  run: (signal: AbortSignal) => Promise<unknown>,
  { clock, timeoutMilliseconds, graceMilliseconds, signal }: AttemptOptions,
): Promise<AttemptOutcome> {
  if (signal.aborted) return { outcome: 'aborted' };
  const own = new AbortController();
  let told: 'timed-out' | 'aborted' | undefined;
  const gaveUp = Promise.withResolvers<AttemptOutcome>();
  let cancelGrace = (): void => {};

  const tell = (because: 'timed-out' | 'aborted', reason: unknown): void => {
    if (told !== undefined) return;
    told = because;
    cancelGrace = clock.setTimer(graceMilliseconds, () => {
      gaveUp.resolve({ outcome: 'not-stopped', because });
    });
    own.abort(reason);
  };
  const onAbort = (): void => tell('aborted', signal.reason);
  const cancelTimeout =
    timeoutMilliseconds === undefined
      ? () => {}
      : clock.setTimer(timeoutMilliseconds, () => tell('timed-out', new AttemptEndedError('timed-out')));
  signal.addEventListener('abort', onAbort, { once: true });

  const work = (async () => run(own.signal))().then(
    (value): AttemptOutcome => (told === undefined ? { outcome: 'returned', value } : { outcome: told }),
    (error: unknown): AttemptOutcome =>
      told === undefined
        ? { outcome: 'threw', error }
        : { outcome: told, ...(isAbort(error, own.signal) ? {} : { error }) },
  );
  try {
    return await Promise.race([work, gaveUp.promise]);
  } finally {
    cancelTimeout();
    cancelGrace();
    signal.removeEventListener('abort', onAbort);
    // Whatever the code has left running can do nothing more with what it was given.
    if (!own.signal.aborted) own.abort(new AttemptEndedError('over'));
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof KubeConnectionError && error.reason === 'aborted');
}
