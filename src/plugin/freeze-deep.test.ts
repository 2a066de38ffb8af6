import { expect, it } from 'vitest';
import { freezeDeep } from './freeze-deep.ts';

it('freezes what is inside, and returns the same', () => {
  const inner = { deeper: 1 };
  const value = { list: [{ deep: inner }], none: null };
  expect(freezeDeep(value)).toBe(value);
  expect(Reflect.set(inner, 'deeper', 2)).toBe(false);
  expect(() => value.list.push({ deep: inner })).toThrow(TypeError);
  expect(value).toEqual({ list: [{ deep: { deeper: 1 } }], none: null });
});

it('freezes what is nested deeper than a stack is', () => {
  let value: object = {};
  for (let depth = 0; depth < 100_000; depth += 1) value = { value };
  expect(Object.isFrozen(freezeDeep(value))).toBe(true);
});
