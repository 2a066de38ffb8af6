import { expect, test } from 'vitest';
import { KubeConnectionError } from './kube-connection-error.ts';
import { KubeStatusError } from './kube-status-error.ts';
import { unanswered } from './unanswered.ts';

const refused = (code: number, reason: string, message = 'no') =>
  new KubeStatusError({ code, reason, message });

test.each([
  ['not-done', new KubeConnectionError('unreachable', 'no')],
  ['not-done', refused(429, 'TooManyRequests')],
  ['not-done', refused(401, 'Unauthorized')],
  ['not-done', refused(403, 'Forbidden', 'pods "a" is forbidden: not yet ready to handle request')],
  ['not-done', refused(500, 'InternalError', 'Internal error occurred: failed calling webhook "x.y": EOF')],
  ['not-done', refused(503, 'ServiceUnavailable', 'admission webhook "x.y" denied the request: later')],
  [
    'not-done',
    new KubeConnectionError('credentials', 'no', { cause: new KubeConnectionError('broken', 'no') }),
  ],
  ['unknown', new KubeConnectionError('broken', 'no')],
  ['unknown', new KubeConnectionError('timeout', 'no')],
  ['unknown', refused(504, 'Timeout')],
  ['unknown', refused(500, 'InternalError', 'etcdserver: leader changed')],
  ['unknown', refused(500, 'InternalError', 'rpc error: code = Unavailable desc = transport is closing')],
  ['unknown', refused(500, 'ServerTimeout')],
  ['unknown', refused(502, 'BadGateway')],
  ['unknown', refused(503, 'ServiceUnavailable')],
  [undefined, new KubeConnectionError('aborted', 'no')],
  [undefined, new KubeConnectionError('too-large', 'no')],
  [undefined, new KubeConnectionError('closed', 'no')],
  [undefined, new KubeConnectionError('credentials', 'no', { cause: new Error('no such file') })],
  [undefined, refused(409, 'Conflict')],
  [
    undefined,
    refused(500, 'Unknown', 'failed to create typed patch object: .spec.replica: field not declared'),
  ],
  [undefined, refused(500, 'InternalError', 'etcdserver: request is too large')],
  [undefined, refused(403, 'Forbidden')],
  [undefined, new Error('ECONNRESET')],
  [undefined, undefined],
])('what became of a request is %s after %o', (expected, thrown) => {
  expect(unanswered(thrown)).toBe(expected);
});
