import { expect, test } from 'vitest';
import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { unanswered } from './unanswered.ts';

const refused = (code: number, reason: string) => new KubeStatusError({ code, reason, message: 'no' });

test.each([
  ['not-done', new KubeConnectionError('unreachable', 'no')],
  ['not-done', refused(429, 'TooManyRequests')],
  ['not-done', refused(503, 'ServiceUnavailable')],
  ['unknown', new KubeConnectionError('broken', 'no')],
  ['unknown', new KubeConnectionError('timeout', 'no')],
  ['unknown', refused(504, 'Timeout')],
  ['unknown', refused(500, 'ServerTimeout')],
  [undefined, new KubeConnectionError('aborted', 'no')],
  [undefined, new KubeConnectionError('too-large', 'no')],
  [undefined, new KubeConnectionError('closed', 'no')],
  [undefined, refused(500, 'InternalError')],
  [undefined, refused(409, 'Conflict')],
  [undefined, refused(403, 'Forbidden')],
  [undefined, new Error('ECONNRESET')],
  [undefined, undefined],
])('what became of a request is %s after %o', (expected, thrown) => {
  expect(unanswered(thrown)).toBe(expected);
});
