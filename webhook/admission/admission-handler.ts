/** The contract of what decides, and the guard around it: whatever it does, an answer comes in time. */
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import { deny } from '../../src/policy/verdict.ts';
import type { Deny, Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionRequest } from './admission-review.ts';

/** What a handler knows beside the request. */
export interface AdmissionContext {
  /** Aborted when the deadline has passed or nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The instant, in the clock's milliseconds, at which the guard answers 503 in the handler's place. */
  readonly deadline: number;
}

/** Decides one request. It may throw: the client then gets a 500 with the request's uid. */
export type AdmissionHandler = (request: AdmissionRequest, context: AdmissionContext) => Promise<Verdict>;

/** The verdict on a request, and whether it is one of the handler's or made in its place. */
export interface GuardedVerdict {
  readonly verdict: Verdict;
  readonly failed: boolean;
}

/** The reason with which a handler's signal is aborted at its deadline. */
export class AdmissionDeadlineError extends Error {
  readonly code = 'AdmissionDeadlineExceeded';
  override readonly name = 'AdmissionDeadlineError';
}

export interface GuardOptions {
  readonly clock: Pick<Clock, 'now' | 'setTimer'>;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
}

/**
 * Runs a handler to a verdict, by the deadline at the latest. It never throws and never rejects: a throw becomes
 * a 500 (as controller-runtime's `Errored` does it), a missed deadline a 503 that says so.
 */
export async function decideGuarded(
  handler: AdmissionHandler,
  request: AdmissionRequest,
  deadline: number,
  abort: AbortController,
  { clock, logger }: GuardOptions,
): Promise<GuardedVerdict> {
  const late = Promise.withResolvers<GuardedVerdict>();
  const remaining = Math.max(0, deadline - clock.now());
  const cancelTimer = clock.setTimer(remaining, () => {
    abort.abort(new AdmissionDeadlineError('the deadline of this admission has passed'));
    logger.warn(describe(request), 'an admission missed its deadline');
    late.resolve({ verdict: missedDeadline(), failed: true });
  });
  try {
    return await Promise.race([
      decide(handler, request, { signal: abort.signal, deadline }, logger),
      late.promise,
    ]);
  } finally {
    cancelTimer();
  }
}

async function decide(
  handler: AdmissionHandler,
  request: AdmissionRequest,
  context: AdmissionContext,
  logger: GuardOptions['logger'],
): Promise<GuardedVerdict> {
  try {
    return { verdict: await handler(request, context), failed: false };
  } catch (error) {
    // After the abort a rejection is what a well-behaved handler does, and the answer has been given.
    if (!context.signal.aborted)
      logger.error({ ...describe(request), err: error }, 'an admission handler failed');
    return { verdict: handlerFailed(request.uid), failed: true };
  }
}

function missedDeadline(): Deny {
  const message =
    'stepgate could not decide before the deadline of this request; nothing was admitted, try again';
  return deny(503, 'ServiceUnavailable', message, [{ reason: 'AdmissionDeadlineExceeded', message }]);
}

/** What went wrong stays in the log: an error's text is not for whoever may create an object. */
function handlerFailed(uid: string): Deny {
  const message = `stepgate failed to decide; its log has the cause under uid ${uid}`;
  return deny(500, 'InternalError', message, [{ reason: 'AdmissionHandlerFailed', message }]);
}

function describe(request: AdmissionRequest): Record<string, string> {
  const { uid, operation, namespace, name, resource } = request;
  return { uid, operation, namespace, name, resource: resource.resource };
}
