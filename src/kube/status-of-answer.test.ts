import { describe, expect, it } from 'vitest';
import { statusOfAnswer } from './status-of-answer.ts';

describe('statusOfAnswer', () => {
  it('keeps what a Status says', () => {
    const body = {
      kind: 'Status',
      status: 'Failure',
      code: 429,
      reason: 'TooManyRequests',
      message: 'no slot',
      details: { causes: [{ reason: 'ParallelLimitReached', message: 'five', field: 'spec' }] },
    };
    expect(statusOfAnswer(429, JSON.stringify(body), undefined)).toEqual({
      code: 429,
      reason: 'TooManyRequests',
      message: 'no slot',
      details: { causes: [{ reason: 'ParallelLimitReached', message: 'five', field: 'spec' }] },
    });
  });

  it('reads text, as flow control answers it, with its Retry-After', () => {
    expect(statusOfAnswer(429, 'Too many requests, please try again later.\n', '1')).toEqual({
      code: 429,
      reason: 'TooManyRequests',
      message: 'Too many requests, please try again later.',
      details: { retryAfterSeconds: 1 },
    });
  });

  it('prefers the wait that the Status says to that of the header', () => {
    const body = JSON.stringify({ kind: 'Status', reason: 'Timeout', details: { retryAfterSeconds: 3 } });
    expect(statusOfAnswer(504, body, '9').details?.retryAfterSeconds).toBe(3);
  });

  it('cuts the error page of a proxy', () => {
    const status = statusOfAnswer(502, `<html>${'x'.repeat(10_000)}`, 'Wed, 21 Oct 2015 07:28:00 GMT');
    expect(status).toMatchObject({ code: 502, reason: 'Unknown' });
    expect(status.message).toHaveLength(512);
    expect(status.details).toBeUndefined();
  });

  it('says something about an empty answer', () => {
    expect(statusOfAnswer(503, '', undefined)).toEqual({
      code: 503,
      reason: 'ServiceUnavailable',
      message: 'The API server answered 503',
    });
  });
});
