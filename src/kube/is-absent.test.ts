import { expect, it } from 'vitest';
import { isAbsent } from './is-absent.ts';
import { KubeConnectionError } from './kube-connection-error.ts';
import { KubePathError } from './kube-path-error.ts';
import { KubeStatusError } from './kube-status-error.ts';

const refused = (code: number) => new KubeStatusError({ code, reason: 'Any', message: 'any' });

it.each([
  [true, refused(404)],
  [true, new KubePathError('The name "a/b" cannot be part of a path')],
  [false, refused(403)],
  [false, refused(500)],
  [false, new KubeConnectionError('unreachable', 'away')],
  [false, new RangeError('something else')],
  [false, undefined],
])('says %s of %s', (isSo, error) => {
  expect(isAbsent(error)).toBe(isSo);
});
