import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonExcess } from './json-shape.ts';

const bounds = { maximumDepth: 3, maximumContainers: 5 };
const excess = (text: string): string | undefined => findJsonExcess(Buffer.from(text), bounds);

describe('findJsonExcess', () => {
  it.each([
    ['at the greatest depth', '[[[1]]]'],
    ['with as many containers as allowed', '[{},{},{},{}]'],
    ['with brackets within a string', '["[[[[[[{{{{{{"]'],
    ['with an escaped quote before brackets within a string', String.raw`["\"[[[[[["]`],
    ['with an escaped backslash at the end of a string', String.raw`["\\",[1],"\\"]`],
    ['that is empty', ''],
    ['that ends within a string', '["abc'],
    ['that ends within an escape', '["abc\\'],
  ])('passes a text %s', (_, text) => {
    expect(excess(text)).toBeUndefined();
  });

  it('refuses a text that is nested too deep', () => {
    expect(excess('[[[[1]]]]')).toBe('is nested deeper than 3 levels');
  });

  it('refuses a text that is nested too deep behind a string that ends in a backslash', () => {
    expect(excess(String.raw`["\\",[[[1]]]]`)).toBe('is nested deeper than 3 levels');
  });

  it('refuses a text of too many objects and arrays', () => {
    expect(excess('[{},{},{},{},{}]')).toBe('holds more than 5 objects and arrays');
  });

  it('counts as the parser does, for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { depth, containers } = measure(JSON.parse(text));
        const bytes = Buffer.from(text);
        expect(findJsonExcess(bytes, { maximumDepth: depth, maximumContainers: containers })).toBeUndefined();
        if (containers === 0) return;
        expect(
          findJsonExcess(bytes, { maximumDepth: depth - 1, maximumContainers: containers }),
        ).toBeDefined();
        expect(
          findJsonExcess(bytes, { maximumDepth: depth, maximumContainers: containers - 1 }),
        ).toBeDefined();
      }),
    );
  });
});

function measure(value: unknown): { depth: number; containers: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, containers: 0 };
  const parts = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...parts.map((part) => part.depth)),
    containers: 1 + parts.reduce((sum, part) => sum + part.containers, 0),
  };
}
