import { describe, expect, it } from 'vitest';
import { readCheckVerdict } from './check-verdict.ts';

const denial = { decision: 'deny', code: 403, reason: 'Forbidden', message: 'Not now.', causes: [] };

describe('the answer of a check', () => {
  it.each([
    { decision: 'allow' },
    { decision: 'allow', warnings: ['soon'], auditAnnotations: { why: 'so' } },
    { ...denial, causes: [{ reason: 'Late', message: 'Not now.', field: 'spec.action' }] },
  ])('is taken as it is where it is a verdict', (answer) => {
    expect(readCheckVerdict('NotNow', answer)).toEqual(answer);
  });

  it('gets the name of the check as its cause where a denial has none', () => {
    expect(readCheckVerdict('NotNow', denial)).toEqual({
      ...denial,
      causes: [{ reason: 'NotNow', message: 'Not now.' }],
    });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a boolean', true],
    ['a text', 'deny'],
    ['a patch', { decision: 'patch', operations: [] }],
    ['another decision', { decision: 'perhaps' }],
    ['a denial without a message', { ...denial, message: '' }],
    ['a code that means success', { ...denial, code: 200 }],
    ['a code that says that the execution exists', { ...denial, code: 409 }],
    ["the limit's own cause", { ...denial, causes: [{ reason: 'ParallelLimitReached', message: 'Full.' }] }],
    ['a reason that is no word', { ...denial, reason: 'go away' }],
    ['warnings that are none', { decision: 'allow', warnings: 'soon' }],
  ])('is none where it is %s', (_, answer) => {
    expect(() => readCheckVerdict('NotNow', answer)).toThrow('no verdict');
  });

  it('is none where it is a promise, and what that rejects with reaches nobody', async () => {
    const answer = Promise.reject(new Error('later'));
    expect(() => readCheckVerdict('NotNow', answer)).toThrow('it answered a promise');
    // Were it not handled, vitest would fail the run.
    await new Promise(setImmediate);
  });
});
