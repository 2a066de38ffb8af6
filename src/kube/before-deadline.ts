import type { Clock } from './clock.ts';
import { KubeConnectionError } from './kube-connection-error.ts';

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly milliseconds: number;
  readonly signal?: AbortSignal | undefined;
  /** What is waited for, in the message of the error. */
  readonly what: string;
}

/**
 * The outcome of a promise that nobody can hurry, for who cannot wait for ever. What it does goes on.
 * @throws KubeConnectionError `timeout` or `aborted`
 */
export async function beforeDeadline<Result>(
  promise: Promise<Result>,
  { clock, milliseconds, signal, what }: DeadlineOptions,
): Promise<Result> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(new KubeConnectionError('aborted', `${what} was aborted`, { cause: signal?.reason }));
  };
  const cancel = clock.setTimer(milliseconds, () => {
    reject(new KubeConnectionError('timeout', `${what} took longer than ${milliseconds} ms`));
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    return await Promise.race([promise, over]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
