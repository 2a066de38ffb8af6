/** One call of the API server: bytes in, AdmissionReview out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer } from '../../src/http/answer.ts';
import { HttpRefusal } from '../../src/http/http-refusal.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';
import type { Verdict } from '../../src/policy/verdict.ts';
import type { AdmissionHandler, GuardedVerdict } from '../admission/admission-handler.ts';
import { decideGuarded } from '../admission/admission-handler.ts';
import type { AdmissionMetrics, AdmissionObservation } from '../admission/admission-metrics.ts';
import { toAdmissionResponse } from '../admission/admission-response.ts';
import { AdmissionReviewError } from '../admission/admission-review-error.ts';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { parseAdmissionReview } from '../admission/admission-review.ts';
import { answerWithin, parseTimeout } from '../admission/admission-timeout.ts';
import type { BodyBudget } from './body-budget.ts';
import { readBody } from './request-body.ts';
import type { ServerLimits } from './server-limits.ts';

/** A path of the admission port and what decides there. */
export interface AdmissionRoute {
  /** For example `/validate/kubernetesexecutions`; matched to the letter, without a query. */
  readonly path: string;
  readonly handler: AdmissionHandler;
}

export interface AdmissionCallOptions {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: AdmissionMetrics;
  readonly budget: BodyBudget;
  /** True while answers should close their connections. */
  readonly draining: () => boolean;
}

/** The reason with which a handler's signal is aborted when the API server has hung up. */
export class CallerGoneError extends Error {
  readonly code = 'CallerGone';
  override readonly name = 'CallerGoneError';
}

/**
 * Answers a call to `route`.
 * @throws HttpRefusal | ClientGoneError when the call has no AdmissionReview to decide on; nothing is written then
 */
export async function answerCall(
  route: AdmissionRoute,
  request: IncomingMessage,
  response: ServerResponse,
  options: AdmissionCallOptions,
): Promise<void> {
  const { limits, clock, budget } = options;
  const arrival = clock.now();
  const deadline = arrival + answerWithin(parseTimeout(request.url ?? ''), limits.answerMarginMilliseconds);
  requireJson(request);
  const body = await readBody(request, {
    maximumBytes: limits.maximumBodyBytes,
    deadlineMilliseconds: limits.bodyDeadlineMilliseconds,
    budget,
    clock,
  });
  try {
    const admission = parseOrRefuse(body.bytes);
    const abort = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished)
        abort.abort(new CallerGoneError('the API server closed the connection'));
    });
    const guarded = await decideGuarded(route.handler, admission, deadline, abort, options);
    const text = JSON.stringify(toAdmissionResponse(admission, guarded.verdict));
    answer(response, 200, 'application/json', text, options.draining());
    options.metrics.observe({
      route: route.path,
      ...toObservation(guarded),
      seconds: (clock.now() - arrival) / 1_000,
    });
  } finally {
    body.release();
  }
}

function requireJson(request: IncomingMessage): void {
  const [mediaType = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (mediaType.trim().toLowerCase() !== 'application/json') {
    throw new HttpRefusal(415, 'expected content-type application/json');
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HttpRefusal(415, 'expected a body without content-encoding');
  }
}

function parseOrRefuse(bytes: Uint8Array): AdmissionRequest {
  try {
    return parseAdmissionReview(bytes);
  } catch (error) {
    if (error instanceof AdmissionReviewError) throw new HttpRefusal(400, error.message);
    throw error;
  }
}

function toObservation({
  verdict,
  failed,
}: GuardedVerdict): Pick<AdmissionObservation, 'decision' | 'reason'> {
  return { decision: failed ? 'error' : verdict.decision, reason: reasonOf(verdict) };
}

function reasonOf(verdict: Verdict): string {
  return verdict.decision === 'deny' ? (verdict.causes[0]?.reason ?? verdict.reason) : '';
}
