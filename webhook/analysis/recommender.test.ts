import { expect, it } from 'vitest';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { recommenderOf } from './recommender.ts';

function recommender(before: unknown, after: unknown) {
  const request = {
    userInfo: { username: 'ann', uid: '', groups: [], extra: {} },
    oldObject: { status: { recommendations: before, recommendedBy: 'model' } },
    object: { status: { recommendations: after, recommendedBy: 'forger' } },
  };
  return recommenderOf(request as unknown as AdmissionRequest).recommendedBy;
}

it.each<[string, unknown, unknown, string]>([
  ['who changes them', [{ id: 'a' }], [{ id: 'b' }], 'ann'],
  ['who takes them away', [{ id: 'a' }], undefined, 'ann'],
  [
    'who wrote them, where another orders their keys',
    [{ id: 'a', action: 'b' }],
    [{ action: 'b', id: 'a' }],
    'model',
  ],
  ['who writes what cannot be compared', [{ id: 2 ** 60 }], [{ id: 2 ** 60 }], 'ann'],
])('the recommendations are by %s', (_, before, after, by) => {
  expect(recommender(before, after)).toBe(by);
});
