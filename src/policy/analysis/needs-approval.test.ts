import { describe, expect, it } from 'vitest';
import { confidenceOf, needsApproval } from './needs-approval.ts';

const facts = { stepCount: 10, confidence: 0.8, complexityThreshold: 10, confidenceThreshold: 0.8 };

describe('BR-WF-169: a workflow needs approval', () => {
  it.each([
    ['not with ten steps and enough confidence', {}, undefined],
    ['with eleven', { stepCount: 11 }, '11 steps are more than the 10 that need no approval'],
    ['with less confidence', { confidence: 0.79 }, 'a confidence of 0.79 is less than 0.8'],
    [
      'without a word on confidence',
      { confidence: undefined },
      'the analysis does not say how confident it is',
    ],
    [
      'not for confidence where none is asked for',
      { confidence: undefined, confidenceThreshold: 0 },
      undefined,
    ],
    [
      'for both',
      { stepCount: 11, confidence: 0.5 },
      '11 steps are more than the 10 that need no approval; a confidence of 0.5 is less than 0.8',
    ],
  ])('%s', (_, changes, reason) => {
    expect(needsApproval({ ...facts, ...changes })).toBe(reason);
  });
});

describe('the confidence of an analysis', () => {
  const step = (effectivenessProbability?: number) => ({
    id: 'a',
    action: 'b',
    ...(effectivenessProbability !== undefined && { effectivenessProbability }),
  });
  it.each([
    ['is what it says', { approvalContext: { confidenceScore: 0.72 }, recommendations: [step(0.1)] }, 0.72],
    ['may be in percent', { approvalContext: { confidenceScore: 72.5 } }, 0.725],
    ['is the lowest of its recommendations otherwise', { recommendations: [step(0.9), step(0.6)] }, 0.6],
    ['is not known where one of them does not say', { recommendations: [step(0.9), step()] }, undefined],
    ['is not known without any', {}, undefined],
  ])('%s', (_, status, confidence) => {
    expect(confidenceOf(status)).toBe(confidence);
  });
});
