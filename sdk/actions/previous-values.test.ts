import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { previousValues, previousValuesSchema, restoringPatch } from './previous-values.ts';

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
  const values = [{ path: ['spec', 'replicas'], value: 1 }, { path: ['spec', 'paused'] }];
  const patch = { spec: { replicas: 3, paused: true } };
  expect(restoringPatch(values, patch, patch)).toEqual({ spec: { replicas: 1, paused: null } });
});

test('what others have added since, beside what was set, stays', () => {
  const patch = { metadata: { labels: { ours: 'x', both: { a: 1 } } } };
  const values = [{ path: ['metadata', 'labels'] }];
  expect(restoringPatch(values, patch, patch)).toEqual({ metadata: { labels: null } });
  const now = { metadata: { labels: { ours: 'x', both: { a: 1 }, theirs: 'y' } } };
  expect(restoringPatch(values, patch, now)).toEqual({ metadata: { labels: { ours: null, both: null } } });
});

describe('values that are not of the places that a patch sets', () => {
  const schema = previousValuesSchema({ data: { a: '1' }, list: [1], gone: null });
  const fits = (...values: readonly object[]): boolean => schema.safeParse(values).success;

  test.each([
    ['another key', { path: ['data', 'b'], value: 'x' }],
    ['another field', { path: ['spec'], value: {} }],
    ['below a value', { path: ['data', 'a', 'b'], value: 'x' }],
    ['within a list', { path: ['list', '0'], value: 2 }],
    ['an object in the place of what holds one that is set', { path: ['data'], value: { b: 'x' } }],
    ['the object itself', { path: [], value: {} }],
    ['an inherited key', { path: ['constructor', 'prototype'], value: 'x' }],
    ['more fields', { path: ['data', 'a'], value: 'x', kind: 'Secret' }],
  ])('%s: they are refused', (_, value) => {
    expect(fits(value)).toBe(false);
  });

  test('and those that are, are taken', () => {
    const leaves = [
      { path: ['data', 'a'], value: { any: 1 } },
      { path: ['list'] },
      { path: ['gone'], value: 1 },
    ];
    expect(fits(...leaves, { path: ['data'] })).toBe(true);
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
      const kept = JSON.parse(JSON.stringify(previousValues(patch, before))) as unknown;
      const values = previousValuesSchema(patch).parse(kept);
      const after = merged(before, patch);
      expect(merged(after, restoringPatch(values, patch, after))).toEqual(before);
    }),
  );
});
