import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepQueue } from './step-queue.ts';

const step = (stepNumber: number) => ({ stepNumber });
const filled = (count: number): StepQueue => {
  const queue = new StepQueue();
  for (let stepNumber = 1; stepNumber <= count; stepNumber += 1) queue.enqueue(step(stepNumber));
  return queue;
};
const numbers = (steps: readonly { readonly stepNumber: number }[]) =>
  steps.map(({ stepNumber }) => stepNumber);

/** The plan's own cases, by its words. */
describe('BR-WF-167: Step Queuing', () => {
  it('should enqueue and dequeue steps in order', () => {
    const queue = filled(3);
    expect(queue.size()).toBe(3);
    expect(queue.dequeue()?.stepNumber).toBe(1);
    expect(queue.size()).toBe(2);
    expect([queue.dequeue()?.stepNumber, queue.dequeue()?.stepNumber]).toEqual([2, 3]);
  });

  // In the plan's language that is a second result; here there is no step.
  it('should return false when dequeueing from empty queue: undefined', () => {
    expect(new StepQueue().dequeue()).toBeUndefined();
  });

  it('should check if queue is empty', () => {
    const queue = new StepQueue();
    expect(queue.isEmpty()).toBe(true);
    queue.enqueue(step(1));
    expect(queue.isEmpty()).toBe(false);
    queue.dequeue();
    expect(queue.isEmpty()).toBe(true);
  });

  it('should dequeue multiple steps at once', () => {
    const queue = filled(10);
    expect(numbers(queue.dequeueN(5))).toEqual([1, 2, 3, 4, 5]);
    expect(queue.size()).toBe(5);
  });

  it('should return all remaining steps if N exceeds queue size', () => {
    const queue = filled(2);
    expect(queue.dequeueN(10)).toHaveLength(2);
    expect(queue.isEmpty()).toBe(true);
  });
});

describe('StepQueue', () => {
  it('gives a higher priority first, and the first in first within one', () => {
    const queue = new StepQueue();
    queue.enqueue(step(1));
    queue.enqueue(step(2), { priority: 5 });
    queue.enqueue(step(3));
    queue.enqueue(step(4), { priority: 5 });
    queue.enqueue(step(5), { priority: -1 });
    expect(numbers(queue.dequeueN(9))).toEqual([2, 4, 1, 3, 5]);
  });

  it('takes a step out of the middle', () => {
    const queue = filled(5);
    expect(queue.remove(3)?.stepNumber).toBe(3);
    expect(queue.remove(3)).toBeUndefined();
    expect(numbers(queue.dequeueN(9))).toEqual([1, 2, 4, 5]);
  });

  it('queues nothing twice', () => {
    const queue = filled(2);
    expect(queue.enqueue(step(1), { priority: 9 })).toBe(false);
    expect(numbers(queue.dequeueN(9))).toEqual([1, 2]);
    expect(queue.enqueue(step(1))).toBe(true);
  });

  it('dequeues nothing for a count of none', () => {
    expect(filled(2).dequeueN(0)).toEqual([]);
    expect(filled(2).dequeueN(-1)).toEqual([]);
  });

  it('is a list sorted by priority and then by arrival, whatever happens to it', () => {
    const number = fc.integer({ min: 1, max: 12 });
    const action = fc.oneof(
      fc.record({ do: fc.constant('enqueue' as const), number, priority: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ do: fc.constant('dequeue' as const) }),
      fc.record({ do: fc.constant('remove' as const), number }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const queue = new StepQueue();
        let model: { readonly number: number; readonly priority: number }[] = [];
        const taken: [number | undefined, number | undefined][] = [];
        for (const one of actions) {
          if (one.do === 'enqueue') {
            queue.enqueue(step(one.number), one);
            if (!model.some(({ number }) => number === one.number)) model.push(one);
            model.sort((left, right) => right.priority - left.priority);
          } else if (one.do === 'dequeue') {
            taken.push([queue.dequeue()?.stepNumber, model.shift()?.number]);
          } else {
            queue.remove(one.number);
            model = model.filter(({ number }) => number !== one.number);
          }
          taken.push([queue.size(), model.length]);
        }
        for (const [is, should] of taken) expect(is).toBe(should);
        expect(numbers(queue.dequeueN(99))).toEqual(model.map((each) => each.number));
      }),
    );
  });
});
