import { describe, expect, it } from 'vitest';
import { allowed } from '../../src/policy/verdict.ts';
import { makeAdmissionReviewBytes } from '../../test/builders/admission-review-builder.ts';
import { keepLogs } from '../../test/builders/logs.ts';
import type { AdmissionHandler } from './admission-handler.ts';
import { AdmissionDeadlineError, decideGuarded } from './admission-handler.ts';
import { parseAdmissionReview } from './admission-review.ts';

const request = parseAdmissionReview(makeAdmissionReviewBytes());

describe('decideGuarded', () => {
  it('passes the verdict of a handler on, and forgets its timer', async () => {
    const { decide, timers } = guard(async () => allowed);
    expect(await decide()).toEqual({ verdict: allowed, failed: false });
    expect(timers).toEqual([{ milliseconds: 9_000, cancelled: true, fire: expect.any(Function) }]);
  });

  it('tells the handler its deadline', async () => {
    const seen: unknown[] = [];
    const { decide } = guard(async (_, { deadline, signal }) => {
      seen.push(deadline, signal.aborted);
      return allowed;
    });
    await decide();
    expect(seen).toEqual([10_000, false]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('secret detail'))],
    [
      'throws at once',
      () => {
        throw new TypeError('secret detail');
      },
    ],
    ['throws nothing at all', () => Promise.reject(undefined)],
  ] satisfies [string, AdmissionHandler][])(
    'makes a 500 of a handler that %s, and logs it',
    async (_, handler) => {
      const { decide, logs } = guard(handler);
      const { verdict, failed } = await decide();
      expect(failed).toBe(true);
      expect(verdict).toMatchObject({
        decision: 'deny',
        code: 500,
        reason: 'InternalError',
        causes: [{ reason: 'AdmissionHandlerFailed' }],
      });
      expect(JSON.stringify(verdict)).toContain(request.uid);
      expect(JSON.stringify(verdict)).not.toContain('secret detail');
      expect(logs.lines).toMatchObject([{ level: 'error', facts: { uid: request.uid } }]);
    },
  );

  it('answers 503 with its own reason when the deadline passes, and aborts the handler', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const { decide, timers } = guard(async (_, { signal }) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      return new Promise(() => {});
    });
    const deciding = decide();
    timers[0]?.fire();
    expect((await deciding).verdict).toMatchObject({
      decision: 'deny',
      code: 503,
      reason: 'ServiceUnavailable',
      causes: [{ reason: 'AdmissionDeadlineExceeded' }],
    });
    expect(await aborted.promise).toBeInstanceOf(AdmissionDeadlineError);
  });

  it('survives a handler that fails after its deadline', async () => {
    const { decide, timers, logs } = guard(async (_, { signal }) => {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      return allowed;
    });
    const deciding = decide();
    timers[0]?.fire();
    expect((await deciding).failed).toBe(true);
    expect(logs.messages('error')).toEqual([]);
  });
});

function guard(handler: AdmissionHandler) {
  const logs = keepLogs();
  const timers: { milliseconds: number; cancelled: boolean; fire: () => void }[] = [];
  const clock = {
    now: () => 1_000,
    setTimer(milliseconds: number, fire: () => void) {
      const timer = { milliseconds, cancelled: false, fire };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
  };
  const decide = () =>
    decideGuarded(handler, request, 10_000, new AbortController(), { clock, logger: logs.logger });
  return { decide, timers, logs };
}
