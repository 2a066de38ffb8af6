import { expect, it } from 'vitest';
import { freezeDeep } from './freeze-deep.ts';

it('freezes what is inside, and returns the same', () => {
  const value = { list: [{ deep: { deeper: 1 } }], none: null };
  expect(freezeDeep(value)).toBe(value);
  expect(() => {
    Reflect.set(value.list[0]!.deep, 'deeper', 2) || expect.fail('frozen');
  }).toThrow('frozen');
  expect(value.list[0]?.deep.deeper).toBe(1);
  expect(() => value.list.push({ deep: { deeper: 2 } })).toThrow(TypeError);
});

it('freezes what is nested deeper than a stack is', () => {
  let value: object = {};
  for (let depth = 0; depth < 100_000; depth += 1) value = { value };
  expect(Object.isFrozen(freezeDeep(value))).toBe(true);
});
