/** Logs refused calls without letting who sends them fill the log. */
import type { HttpRefusal } from '../../src/http/http-refusal.ts';
import type { Clock } from '../../src/kube/clock.ts';
import type { Logger } from '../../src/observability/logger.ts';

const quietMilliseconds = 1_000;

/** A function that logs the first refusal, and then one a second at most, with the number of those it left out. */
export function createRefusalLog(
  logger: Pick<Logger, 'warn'>,
  clock: Pick<Clock, 'now'>,
): (refusal: HttpRefusal) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return ({ httpCode, message }) => {
    if (clock.now() - loggedAt < quietMilliseconds) {
      leftOut += 1;
      return;
    }
    logger.warn({ httpCode, reason: message, leftOut }, 'a call was refused');
    loggedAt = clock.now();
    leftOut = 0;
  };
}
