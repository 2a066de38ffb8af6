import { describe, expect, it } from 'vitest';
import { createBodyBudget } from './body-budget.ts';

describe('createBodyBudget', () => {
  it('counts what is in use, and forgets what was released, once', () => {
    const { budget, open } = shares(100);
    const share = open('a');
    share.grow(40);
    share.grow(20);
    expect(budget.used()).toBe(60);
    share.release();
    share.release();
    expect(budget.used()).toBe(0);
  });

  it('gives up the largest that is arriving, and keeps the small one that found it full', () => {
    const { budget, open, givenUp } = shares(100);
    open('huge').grow(90);
    open('middle').grow(10);
    const small = open('small');
    expect(small.grow(5)).toBe(true);
    expect(givenUp).toEqual(['huge']);
    expect(budget.used()).toBe(15);
  });

  it('gives up the one that grows when it is the largest', () => {
    const { budget, open, givenUp } = shares(100);
    open('small').grow(10);
    const huge = open('huge');
    expect(huge.grow(91)).toBe(false);
    expect(huge.grow(1)).toBe(false);
    expect(givenUp).toEqual(['huge']);
    expect(budget.used()).toBe(10);
  });

  it('gives up as many as it takes', () => {
    const { open, givenUp } = shares(100);
    open('a').grow(40);
    open('b').grow(50);
    expect(open('c').grow(100)).toBe(false);
    expect(givenUp).toEqual(['c']);
    expect(open('d').grow(45)).toBe(true);
    expect(givenUp).toEqual(['c', 'b']);
  });

  it('never gives up what has arrived', () => {
    const { budget, open, givenUp } = shares(100);
    const arrived = open('arrived');
    arrived.grow(90);
    arrived.arrived();
    expect(open('next').grow(20)).toBe(false);
    expect(givenUp).toEqual(['next']);
    expect(budget.used()).toBe(90);
  });
});

function shares(maximumBytes: number) {
  const budget = createBodyBudget(maximumBytes);
  const givenUp: string[] = [];
  return { budget, givenUp, open: (name: string) => budget.open(() => void givenUp.push(name)) };
}
