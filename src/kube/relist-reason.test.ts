import { describe, expect, it } from 'vitest';
import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { relistReason, retryAfterMilliseconds } from './relist-reason.ts';
import { WatchError } from './watch-error.ts';

const status = (code: number, retryAfterSeconds?: number) =>
  new KubeStatusError({
    code,
    reason: 'Any',
    message: '',
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  });

describe('relistReason', () => {
  it.each([
    [status(410), 'expired'],
    [status(429), 'throttled'],
    [status(401), 'unauthorized'],
    [status(403), 'refused'],
    [status(404), 'not-found'],
    [status(403), 'refused'],
    [status(500), 'server-error'],
    [status(504), 'server-error'],
    [new KubeConnectionError('timeout', ''), 'timeout'],
    [new KubeConnectionError('broken', ''), 'connection'],
    [new WatchError('broken-line', ''), 'broken-line'],
    [new Error('a bug'), 'unknown'],
  ])('of %s is %s', (error, reason) => {
    expect(relistReason(error)).toBe(reason);
  });
});

describe('retryAfterMilliseconds', () => {
  it('is what the API server asks for, within reason', () => {
    expect(retryAfterMilliseconds(status(429, 2), 30_000)).toBe(2000);
    expect(retryAfterMilliseconds(status(429, 3600), 30_000)).toBe(30_000);
    expect(retryAfterMilliseconds(status(503), 30_000)).toBe(0);
    expect(retryAfterMilliseconds(new Error('no status'), 30_000)).toBe(0);
  });
});
