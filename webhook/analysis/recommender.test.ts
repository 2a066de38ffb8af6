import { expect, it } from 'vitest';
import type { AdmissionRequest } from '../admission/admission-review.ts';
import { recommenderOf } from './recommender.ts';

const controller = 'the-controller';

function statusWrite(user: string, before: object, after: object) {
  return {
    userInfo: { username: user, uid: '', groups: [], extra: {} },
    oldObject: { status: before },
    object: { status: after },
  } as unknown as AdmissionRequest;
}

function recommender(before: unknown, after: unknown) {
  const request = {
    userInfo: { username: 'ann', uid: '', groups: [], extra: {} },
    oldObject: { status: { recommendations: before, recommendedBy: 'model' } },
    object: { status: { recommendations: after, recommendedBy: 'forger' } },
  };
  return recommenderOf(request as unknown as AdmissionRequest, controller).stamps.recommendedBy;
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

it.each([
  ['raises the score', { confidenceScore: 0.9 }],
  ['takes the score away, so that probabilities count', {}],
  ['changes what a person is shown', { confidenceScore: 0.5, investigationSummary: 'all is well' }],
])('who %s is an author beside those who recommended', (_, approvalContext) => {
  const before = { recommendedBy: 'model', approvalContext: { confidenceScore: 0.5 } };
  expect(recommenderOf(statusWrite('eve', before, { approvalContext }), controller)).toEqual({
    isThisUser: true,
    stamps: { recommendedBy: 'eve', authors: ['model', 'eve'] },
  });
});

it('the controller completes what a person is shown, and is no author by that', () => {
  const stamps = { recommendedBy: 'model', authors: ['model'] };
  const approvalContext = { confidenceScore: 0.5, whyApprovalRequired: 'unsure' };
  const completes = statusWrite(controller, stamps, { approvalContext });
  expect(recommenderOf(completes, controller)).toEqual({ isThisUser: false, stamps });
  const recommends = statusWrite(controller, stamps, { recommendations: [{ id: 'a' }] });
  expect(recommenderOf(recommends, controller).stamps.authors).toEqual(['model', controller]);
});

it('who says that the analyser is done is an author, but for the controller', () => {
  const stamps = { recommendedBy: 'model', authors: ['model'] };
  const before = { ...stamps, recommendations: [{ id: 'a' }], phase: 'investigating' };
  const done = { ...before, phase: 'analyzing' };
  expect(recommenderOf(statusWrite('eve', before, done), controller).stamps.authors).toEqual([
    'model',
    'eve',
  ]);
  expect(recommenderOf(statusWrite(controller, before, done), controller).stamps).toEqual(stamps);
  expect(recommenderOf(statusWrite('eve', done, { ...done, tokens: 17 }), controller).stamps).toEqual(stamps);
});
