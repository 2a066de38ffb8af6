import { expect, it } from 'vitest';
import { executionContent } from './execution-content.ts';

it.each<[string, unknown, unknown]>([
  [
    'all of it',
    {
      stepNumber: 1,
      action: 'a',
      parameters: { b: 1 },
      targetCluster: 'c',
      serviceAccountName: 's',
      maxRetries: 3,
    },
    { stepNumber: 1, action: 'a', parameters: { b: 1 }, targetCluster: 'c', serviceAccountName: 's' },
  ],
  [
    'no parameters as an empty object',
    { stepNumber: 1, action: 'a' },
    { stepNumber: 1, action: 'a', parameters: {} },
  ],
  ['nothing of what is no spec', { action: 'a' }, undefined],
  ['nothing of what is absent', undefined, undefined],
  [
    'nothing of a number that has lost digits',
    { stepNumber: 1, action: 'a', parameters: { b: 2 ** 60 } },
    undefined,
  ],
  [
    'nothing of a key that would be left out',
    { stepNumber: 1, action: 'a', parameters: JSON.parse('{"__proto__":{"b":1}}') },
    undefined,
  ],
])('reads %s', (_, spec, content) => {
  expect(executionContent(spec)).toEqual(content);
});
