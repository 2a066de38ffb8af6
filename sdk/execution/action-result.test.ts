import { expect, test } from 'vitest';
import { checkedResult, mostResultBytes } from './action-result.ts';

test.each([
  [{ a: [1, null, 'x'] }, { a: [1, null, 'x'] }],
  ['text', 'text'],
  [0, 0],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [undefined, undefined],
  [null, undefined],
  [Number.NaN, undefined],
])('%o is kept as JSON keeps it', (value, kept) => {
  expect(checkedResult(value)).toEqual(kept);
});

test('what is kept is a copy', () => {
  const value = { list: [1] };
  const kept = checkedResult(value);
  value.list.push(2);
  expect(kept).toEqual({ list: [1] });
});

const circle: Record<string, unknown> = {};
circle['self'] = circle;

test.each([[1n], [() => 1], [Symbol('s')], [circle]])('%o is no JSON', (value) => {
  expect(() => checkedResult(value)).toThrow(
    expect.objectContaining({ code: 'ActionResult', reason: 'not-json' }),
  );
});

test('bytes are counted, not characters', () => {
  const fits = 'é'.repeat(mostResultBytes / 2 - 1);
  expect(checkedResult(fits)).toBe(fits);
  expect(() => checkedResult(`${fits}é`)).toThrow(expect.objectContaining({ reason: 'too-large' }));
});
