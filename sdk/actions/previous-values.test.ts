import fc from 'fast-check';
import { expect, test } from 'vitest';
import { previousValues, restoringPatch } from './previous-values.ts';

test('each place that the patch sets is kept, with lists as one value', () => {
  const patch = { spec: { replicas: 3, paused: true, list: [1] }, metadata: { labels: { a: 'b' } } };
  expect(previousValues(patch, { spec: { replicas: 1, list: [7, 8], kept: 1 } })).toEqual([
    { path: ['spec', 'replicas'], value: 1 },
    { path: ['spec', 'paused'] },
    { path: ['spec', 'list'], value: [7, 8] },
    { path: ['metadata'] },
  ]);
});

test('the patch that restores puts values back and takes away what was not there', () => {
  expect(restoringPatch([{ path: ['spec', 'replicas'], value: 1 }, { path: ['spec', 'paused'] }])).toEqual({
    spec: { replicas: 1, paused: null },
  });
});

/** JSON merge patch. Source: RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result = new Map<string, unknown>(isObject ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

/** Objects as the API server stores them: no nulls. */
const { object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'b', 1, true),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
}));

test('whatever a merge patch has changed is restored', () => {
  fc.assert(
    fc.property(object, object, (before, patch) => {
      const values = JSON.parse(JSON.stringify(previousValues(patch, before))) as typeof before as never;
      expect(merged(merged(before, patch), restoringPatch(values))).toEqual(before);
    }),
  );
});
