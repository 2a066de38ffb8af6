import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createHeap } from './heap.ts';

interface Item {
  readonly rank: number;
}

it('gives its first item, whatever was put in and taken out before', () => {
  const step = fc.oneof(
    fc.record({ put: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ takeOut: fc.nat(30) }),
    fc.constant('pop' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = createHeap<Item>((a, b) => a.rank < b.rank);
      const inside: Item[] = [];
      for (const each of steps) {
        if (each === 'pop') {
          const first = heap.pop();
          if (first !== undefined) inside.splice(inside.indexOf(first), 1);
        } else if ('put' in each) {
          const item = { rank: each.put };
          heap.push(item);
          inside.push(item);
        } else {
          const item = inside[each.takeOut] ?? { rank: 0 };
          if (heap.delete(item)) inside.splice(each.takeOut, 1);
        }
        const ranks = inside.map(({ rank }) => rank);
        expect([heap.size, heap.peek()?.rank]).toEqual([
          inside.length,
          ranks.length === 0 ? undefined : Math.min(...ranks),
        ]);
      }
    }),
    { numRuns: 200 },
  );
});
